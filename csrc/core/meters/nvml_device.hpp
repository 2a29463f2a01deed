#pragma once
// One NVIDIA GPU as NVML sees it: found by its UUID, refused where it is MIG, asked for power and its operating point.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/windows/clock.hpp"
#include "meter.hpp"
#include "nvml_library.hpp"

namespace clear_native {

/// The power fields that a driver may offer, best first.
enum class PowerField {
  samples,  // buffered by the driver, each the mean since the one before it
  instant,  // field NVML_FI_DEV_POWER_INSTANT: as it is now, updated now and then
  usage,    // nvmlDeviceGetPowerUsage: from Ampere on, but for the GA100, the mean of the second before
};

/// "samples", "instant", "usage".
const char* name_of(PowerField field) noexcept;

class NvmlDevice {
 public:
  /// `uuid` as torch gives it, with or without "GPU-". Throws Error: no_driver, sensor_unsupported (no such GPU),
  /// mig_unsupported, device_lost.
  explicit NvmlDevice(const std::string& uuid);

  [[nodiscard]] const std::string& uuid() const noexcept { return uuid_; }

  /// Millijoules since the driver was loaded. Throws Error(sensor_unsupported) where the library or the GPU has no
  /// energy counter.
  [[nodiscard]] unsigned long long total_energy_mj() const;

  /// So many power samples the driver keeps at most; 0: it offers none.
  [[nodiscard]] unsigned samples_kept() const noexcept { return static_cast<unsigned>(sample_buffer_.size()); }
  /// A buffered sample at the driver's own time stamp, of the realtime clock.
  struct BufferedSample {
    unsigned long long timestamp_us = 0;
    double power_w = 0;
  };
  /// Those after `last_us`, oldest first. Throws Error.
  std::vector<BufferedSample> samples_after(unsigned long long last_us);

  /// Watts; absent where the driver or the GPU has no such field. Throws Error for any other failure.
  [[nodiscard]] std::optional<double> power_instant_w() const;
  [[nodiscard]] std::optional<double> power_usage_w() const;
  /// The time over which power_usage_w() is a trailing mean; absent where it is not one. Taken to be a second where
  /// the driver does not tell what GPU this is: most are of that kind.
  [[nodiscard]] std::optional<double> usage_averaging_s() const;

  [[nodiscard]] OperatingPoint operating_point(double now_s) const;
  [[nodiscard]] std::optional<int> other_processes() const;

 private:
  void find(const std::string& uuid);
  void refuse_mig() const;

  std::shared_ptr<NvmlLibrary> library_;
  std::string uuid_;
  nvml::Device device_ = nullptr;
  std::vector<nvml::Sample> sample_buffer_;
};

/// What to add to a time of the realtime clock; asked anew every time, because that clock is set now and then.
double steady_minus_realtime_s(const Clock& clock);

}  // namespace clear_native
