#pragma once
// A simulated device on its clock, with one workload: what most tests of windows need.

#include <memory>

#include "simulated_device.hpp"
#include "virtual_runner.hpp"

namespace clear_native::testing {

struct SimulatedBench {
  explicit SimulatedBench(const DeviceOptions& options = {}, const Load& load = {.power_w = 240, .time_s = 500e-6},
                          double passes_per_launch = 4)
      : clock(std::make_shared<VirtualClock>()),
        device(clock, options),
        workload(device, load, passes_per_launch),
        runner(clock) {}

  std::shared_ptr<VirtualClock> clock;
  SimulatedDevice device;
  SimulatedWorkload workload;
  VirtualRunner runner;
};

/// When the clock of a bench begins.
inline constexpr double bench_begin_s = 1000.0;

}  // namespace clear_native::testing
