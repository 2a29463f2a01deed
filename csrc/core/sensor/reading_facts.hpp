#pragma once
// What a meter's reading is and does, from a trace of it.

#include <optional>

#include "sensor_trace.hpp"

namespace clear_native {

/// How often the reading changes, and the scatter around it.
struct ReadingPeriod {
  double period_s = 0;
  double jitter_s = 0;
};

/// Absent is what could not be seen.
struct ReadingFacts {
  std::optional<double> period_s = std::nullopt;
  std::optional<double> period_jitter_s = std::nullopt;
  std::optional<double> quantum_j = std::nullopt;
  std::optional<double> read_median_s = std::nullopt;
  std::optional<double> read_p99_s = std::nullopt;
};

/// Slope and scatter of the ticks' times on their numbers; absent where the reading changes whenever it is read.
std::optional<ReadingPeriod> reading_period(const SensorTrace& trace);
/// `is_counter`: its steps are those of a register, not of an integral.
ReadingFacts reading_facts(const SensorTrace& trace, bool is_counter);

/// Changes so few readings apart are at every reading: nothing is known of a period.
inline constexpr double continuous_readings = 1.5;

}  // namespace clear_native
