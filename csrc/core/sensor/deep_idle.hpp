#pragma once
// What a device draws while no program has a context on it.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/meters/meter.hpp"
#include "core/windows/clock.hpp"
#include "sensor_bench.hpp"

namespace clear_native {

struct DeepIdle {
  std::optional<double> power_w = std::nullopt;
  std::vector<std::string> notes;  // why there is none, or what was in the way
};

/// Mean power from one change of the reading to another, about `duration_s` apart: between changes no part of a period
/// is missed. `sleep` of the meter's clock; absent: of this thread. Throws Error as the meter does, or interrupted.
DeepIdle deep_idle(EnergyMeter& meter, double duration_s, const Clock& clock, const BenchWatch& watch,
                   const std::function<void(double)>& sleep = {});

}  // namespace clear_native
