#pragma once
// The energy counter of one NVIDIA GPU, with the driver's buffered power samples and its operating point.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/windows/clock.hpp"
#include "meter.hpp"
#include "nvml_library.hpp"

namespace clear_native {

class NvmlMeter final : public EnergyMeter {
 public:
  /// `uuid` as torch gives it, with or without "GPU-". The period of the counter is found by watching it for up to
  /// half a second, unless it is given. Throws Error: no_driver, sensor_unsupported (no such GPU, or one without the
  /// counter), sensor_permission, mig_unsupported, device_lost.
  explicit NvmlMeter(const std::string& uuid, std::optional<double> period_s = std::nullopt);

  [[nodiscard]] MeterTraits traits() const override { return traits_; }
  /// Throws Error(sensor_fault) when the counter went back; the reading after that starts anew.
  EnergyReading read() override;
  std::vector<PowerSample> power_samples() override;
  std::optional<OperatingPoint> operating_point() override;
  std::optional<int> other_processes() override;

 private:
  void find_device(const std::string& uuid);
  void refuse_mig() const;
  /// So many power samples the driver keeps at most; 0: it offers none.
  [[nodiscard]] unsigned samples_kept() const;
  [[nodiscard]] double watch_period_s();
  [[nodiscard]] std::optional<double> power_now_w() const;

  std::shared_ptr<NvmlLibrary> library_;
  SteadyClock clock_;
  std::string uuid_;
  nvml::Device device_ = nullptr;
  MeterTraits traits_;
  std::optional<unsigned long long> last_mj_;
  unsigned long long last_sample_us_ = 0;
  std::vector<nvml::Sample> sample_buffer_;
};

}  // namespace clear_native
