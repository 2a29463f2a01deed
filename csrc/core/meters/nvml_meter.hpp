#pragma once
// The energy counter of one NVIDIA GPU, with the driver's buffered power samples and its operating point.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/windows/clock.hpp"
#include "meter.hpp"
#include "nvml_device.hpp"
#include "unwrapped_counter.hpp"

namespace clear_native {

class NvmlMeter final : public EnergyMeter {
 public:
  /// `uuid` as torch gives it, with or without "GPU-". The period of the counter is found by watching it for up to
  /// half a second, unless it is given. Throws Error: no_driver, sensor_unsupported (no such GPU, or one without the
  /// counter), sensor_permission, mig_unsupported, device_lost.
  explicit NvmlMeter(const std::string& uuid, std::optional<double> period_s = std::nullopt);

  [[nodiscard]] MeterTraits traits() const override { return traits_; }
  /// A counter that starts again after 32 or 64 bits goes on. Throws Error(sensor_fault) when it went back; the reading
  /// after that starts anew.
  EnergyReading read() override;
  std::vector<PowerSample> power_samples() override;
  std::optional<OperatingPoint> operating_point() override { return device_.operating_point(clock_.now_s()); }
  std::optional<int> other_processes() override { return device_.other_processes(); }

 private:
  [[nodiscard]] double watch_period_s();

  SteadyClock clock_;
  NvmlDevice device_;
  MeterTraits traits_;
  UnwrappedCounter counter_;
  double start_j_ = 0;
  double last_read_s_ = 0;
  unsigned long long last_sample_us_ = 0;
};

}  // namespace clear_native
