#pragma once
// A source of cumulative energy with known period, quantum and scope.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clear_native {

struct MeterTraits {
  std::string name;                                     // "nvml_counter", "rapl", "estimate", "simulated", ...
  std::string scope;                                    // "gpu", "cpu"
  std::string device;                                   // UUID of a GPU, model name of a CPU; empty where unknown
  double period_s = 0;                                  // the reading changes this often; 0: continuously
  double quantum_j = 0;                                 // smallest step of the reading
  bool estimated = false;                               // not a sensor: time times a stated power
  std::optional<double> stated_power_w = std::nullopt;  // of an estimate
  bool has_power_samples = false;                       // power_samples() can return something
  bool integrates_power = false;  // no counter: each reading carries the moment up to which power is known
  std::optional<double> averaging_s = std::nullopt;  // that power is a trailing mean over so long, which is undone
  std::vector<std::string> domains;                  // of several parts that are added up: which
  std::string note;                                  // what whoever reads a result should know; empty: nothing
};

/// The period of the ticks to look for; 0 where every reading carries its own moment.
inline double tick_period_s(const MeterTraits& traits) {
  return traits.integrates_power ? 0 : traits.period_s;
}

/// One reading. The counter was sampled by the driver somewhere in [begin_s, end_s].
struct EnergyReading {
  double begin_s = 0;
  double end_s = 0;
  double energy_j = 0;
};

/// A reading of a meter that is read beside the one that drives the measurement.
struct SideReading {
  std::string scope;
  EnergyReading reading;
};

/// The driver's buffered samples are so far apart (seen on an H200).
inline constexpr double power_sample_period_s = 0.02;

/// One sample that the driver buffered: the mean power of the time since the sample before it.
struct PowerSample {
  double time_s = 0;
  double power_w = 0;
};

/// Where the device ran during a window. What the device does not tell is absent.
struct OperatingPoint {
  double time_s = 0;
  std::optional<double> sm_clock_mhz = std::nullopt;
  std::optional<double> memory_clock_mhz = std::nullopt;
  std::optional<double> temperature_c = std::nullopt;
  std::optional<double> power_w = std::nullopt;
  std::optional<std::uint64_t> throttle_reasons = std::nullopt;  // NVML's bit mask nvmlClocksEventReason*
};

/// Called from one thread at a time: the meter thread while a window runs (traits() from any thread). Never calls
/// Python; throws Error alone.
class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;
  [[nodiscard]] virtual MeterTraits traits() const = 0;
  virtual EnergyReading read() = 0;
  /// Samples buffered since the last call, oldest first; empty where the meter has none.
  virtual std::vector<PowerSample> power_samples() { return {}; }
  virtual std::optional<OperatingPoint> operating_point() { return std::nullopt; }
  /// Other processes that compute on the device now; absent where the driver does not tell.
  virtual std::optional<int> other_processes() { return std::nullopt; }
  /// Of the meters that are read beside this one, now; none where there are none, or theirs fail.
  virtual std::vector<SideReading> side_readings() { return {}; }
  [[nodiscard]] virtual std::vector<MeterTraits> side_traits() const { return {}; }
};

}  // namespace clear_native
