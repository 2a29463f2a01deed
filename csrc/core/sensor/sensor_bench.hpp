#pragma once
// What a sensor is looked at with: a device with its sensor and a load.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/meters/meter.hpp"

namespace clear_native {

/// A load that went on and off for equal times: its true period, and when it ran.
struct Alternation {
  double period_s = 0;
  double begin_s = 0;
  double end_s = 0;
};

/// The caller's view of it; both may be empty.
struct BenchWatch {
  std::function<bool()> interrupted;  // asked every 100 ms, on the caller's thread
  std::function<void()> between;      // called now and then while no load runs, on the caller's thread
};

/// Throws Error(interrupted) where the watch says so.
void stop_if_interrupted(const BenchWatch& watch);

/// Called from one thread. Times are of one monotonic clock. A load on threads of its own never calls Python there.
class SensorBench {
 public:
  virtual ~SensorBench() = default;

  /// The meter.
  virtual EnergyReading read() = 0;
  /// Power fields beside the meter, to be polled. What there is does not change.
  virtual std::vector<std::string> field_names() = 0;
  /// Watts; absent where there is no such field after all.
  virtual std::optional<double> field_power_w(const std::string& name) = 0;
  /// What the driver buffered since the last call, oldest first: each the mean power since the sample before it.
  virtual std::vector<PowerSample> samples() = 0;

  [[nodiscard]] virtual double now_s() = 0;
  virtual void sleep(double duration_s) = 0;

  /// Returns when it began.
  virtual double start_load() = 0;
  /// Returns when the device was idle again; now where no load runs. Throws Error(workload_failed) where the load ended
  /// early, since idling must not be taken for it.
  virtual double stop_load() = 0;
  /// Runs a load that goes on and off so, to its end; absent where this device cannot.
  virtual std::optional<Alternation> alternate(double period_s, double duration_s, const BenchWatch& watch) = 0;
};

/// Sleeps, and looks every 100 ms whether it is interrupted. Throws Error(interrupted).
void rest(SensorBench& bench, double duration_s, const BenchWatch& watch);

}  // namespace clear_native
