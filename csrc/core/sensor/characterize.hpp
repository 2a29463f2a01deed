#pragma once
// What an energy sensor is and does: the stages of looking at it, and what they find.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/meters/meter.hpp"
#include "field_facts.hpp"
#include "sensor_bench.hpp"

namespace clear_native {

/// In the order in which they come.
enum class SensorStage { deep_idle, opening, waking, idle, steps, part_time };

/// In words, as a program shows them.
const char* words_of(SensorStage stage) noexcept;

struct SensorProgress {
  SensorStage stage = SensorStage::deep_idle;
  double elapsed_s = 0;
  double expected_s = 0;  // of all stages
};

/// The caller's view; both may be empty.
struct SensorWatch {
  std::function<bool()> interrupted;                    // asked every 100 ms, on the caller's thread
  std::function<void(const SensorProgress&)> progress;  // caller's thread, while no load runs
};

/// Seconds, joules and watts; absent is what could not be seen, or what this sensor has not.
struct SensorResult {
  MeterTraits meter;
  std::optional<double> period_s = std::nullopt;  // of the meter's reading
  std::optional<double> period_jitter_s = std::nullopt;
  std::optional<double> quantum_j = std::nullopt;  // its smallest step as seen
  std::optional<double> read_median_s = std::nullopt;
  std::optional<double> read_p99_s = std::nullopt;
  std::vector<FieldFacts> fields;
  std::optional<double> deep_idle_w = std::nullopt;    // with no context on the device
  std::optional<double> active_idle_w = std::nullopt;  // just after a load, nothing running
  std::optional<double> load_w = std::nullopt;
  std::optional<double> shortest_window_s = std::nullopt;  // within 1 % of a steady load in 95 of 100 cases
  std::optional<double> look_period_s = std::nullopt;      // it looks at the device every so often only ...
  std::optional<double> look_s = std::nullopt;             // ... for about so long
  std::vector<std::string> notes;
  double elapsed_s = 0;
  bool interrupted = false;  // what was finished before is kept
};

inline constexpr double shortest_characterization_s = 4.0;
inline constexpr double deep_idle_share = 0.08;  // of the time in all

/// Throws Error(bad_input) for less than `shortest_characterization_s`, and for what is no number.
void check_characterization_time(double max_time_s);

/// Everything that a bench can tell: all but deep idle. `max_time_s`: of all stages together, deep idle included; less
/// than 25 s does not show averaging over a second, less than 19 not whether the sensor looks part of the time, and
/// notes say so. No load runs afterwards, however this ends. Throws Error as the check above and as the bench;
/// interrupted, it returns what was finished.
SensorResult characterize(SensorBench& bench, const MeterTraits& traits, double max_time_s, const SensorWatch& watch);

}  // namespace clear_native
