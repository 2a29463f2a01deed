#pragma once
// What each power field of a trace is and does: its period, its step response, and whether the counter agrees with it.

#include <optional>
#include <string>
#include <vector>

#include "sensor_trace.hpp"

namespace clear_native {

/// One way to know power. Absent is what could not be seen.
struct FieldFacts {
  std::string name;
  std::optional<double> period_s = std::nullopt;
  std::optional<double> read_median_s = std::nullopt;
  std::optional<double> lag_s = std::nullopt;
  std::optional<double> averaging_s = std::nullopt;
  std::optional<double> counter_ratio = std::nullopt;  // the counter's energy over the field's integral
};

/// Every way to know power that was seen: the counter's own ticks ("counter"), samples by their own time stamps
/// ("samples"), fields by their names. `is_counter`: the meter is no integral over one of them.
std::vector<FieldFacts> field_facts(const SensorTrace& trace, bool is_counter);

}  // namespace clear_native
