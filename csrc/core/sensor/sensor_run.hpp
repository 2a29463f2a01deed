#pragma once
// The whole characterization of a device's sensor: at rest before anything opens the device, then with a load.

#include <functional>
#include <memory>

#include "characterize.hpp"
#include "core/meters/meter.hpp"
#include "sensor_bench.hpp"

namespace clear_native {

/// The device, as far as it is not opened yet.
struct SensorSubject {
  /// Without a context on the device; empty: it has no deep idle, or it is not to be measured.
  std::function<std::shared_ptr<EnergyMeter>()> open_at_rest;
  std::function<std::shared_ptr<EnergyMeter>()> open_meter;
  /// Gets that meter. What it opens on the device is open from then on.
  std::function<std::unique_ptr<SensorBench>(std::shared_ptr<EnergyMeter>)> open_bench;
};

/// Takes about `max_time_s`. A device that may not be watched at rest is told in the notes. Throws Error: bad_input for
/// less than `shortest_characterization_s`, and what opening, reading and running a load throw. Interrupted, it returns
/// what was finished.
SensorResult run_sensor(const SensorSubject& subject, double max_time_s, const SensorWatch& watch);

}  // namespace clear_native
