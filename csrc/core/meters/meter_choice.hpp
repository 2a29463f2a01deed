#pragma once
// Which meter a text names: "auto", "nvml:counter", "rapl", "estimate:65", and several of them at once.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "meter.hpp"

namespace clear_native {

// Stated powers of an estimate. They are round on purpose: a convention that makes times comparable as joules, not
// knowledge about this machine. A server core at full load draws some 5 to 15 W, a data-center GPU some 200 to 700 W.
inline constexpr double cpu_core_power_w = 10;
inline constexpr double gpu_power_w = 300;

/// Where the measured work runs.
struct MeteredDevice {
  bool is_gpu = false;
  std::string uuid;            // of a GPU, as NVML writes it
  std::string cpu;             // the host processor's name; empty: not known
  std::string called = "cpu";  // in messages: "cpu", "cuda:0"
  int cores = 1;               // of the host, that may be used
};

/// What opens a sensor; tests put their own here. Absent: the sensors of this machine.
struct MeterOpeners {
  std::function<std::shared_ptr<EnergyMeter>(const std::string& uuid, const std::string& which)> nvml = nullptr;
  std::function<std::shared_ptr<EnergyMeter>(const std::string& cpu)> rapl = nullptr;
};

/// "auto+rapl" is {"auto", "rapl"}.
std::vector<std::string> meter_names(const std::string& text);

/// Throws Error(bad_input) for a name that there is not, a sensor of another kind of device, and a second meter that
/// cannot be read beside the first. Opens nothing; looks at `is_gpu` and `called` alone.
void check_meters(const std::vector<std::string>& names, const MeteredDevice& device);

/// The power by which an estimate without a stated one multiplies time.
double stated_power_w(const MeteredDevice& device) noexcept;

/// The first drives a measurement, the others are read beside it. "auto" is the best sensor that may be read, else the
/// estimate. Throws Error: bad_input as check_meters() and for two meters of one device; what the sensor throws where
/// one was asked for by name; for "auto" on a GPU sensor_permission and mig_unsupported too, since both can be helped.
std::shared_ptr<EnergyMeter> open_meters(const std::vector<std::string>& names, const MeteredDevice& device,
                                         const MeterOpeners& openers = {});

}  // namespace clear_native
