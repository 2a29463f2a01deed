#pragma once
// What `clear-bench overhead` found: components driven in several ways, as a table and as JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/rounds/rounds.hpp"
#include "record.hpp"

namespace clear_native::report {

/// One component in one way; a pass is all of its calls, in order.
struct OverheadRow {
  std::string component;
  std::string way;  // "eager_loop", "launch", "unrolled", "while_loop"
  std::int64_t calls = 0;
  std::int64_t passes_per_launch = 1;
  std::optional<Interval> time_s = std::nullopt;    // per pass
  std::optional<Interval> energy_j = std::nullopt;  // per pass, gross
  std::vector<std::string> statuses;
};

struct Overhead {
  std::string model;
  std::string device;  // "cpu", "cuda:0"
  MeterTraits meter;
  Facts environment;
  std::vector<OverheadRow> rows;
  std::vector<std::string> notes;
  RoundsResult run;  // the windows, and how it ended
};

/// The name of a target of the rounds: "attention/unrolled".
std::string overhead_target(const OverheadRow& row);

/// Takes the numbers of the run's targets into the rows.
void take_targets(Overhead& found);

/// How many times faster than its component's eager loop a row is. Absent where either time is.
std::optional<double> times_faster(const Overhead& found, const OverheadRow& row);

/// Without a newline at the end.
std::string overhead_table(const Overhead& found);

/// Of the shape clear_native/report/schema/overhead-1.schema.json.
std::string overhead_to_json(const Overhead& found);

}  // namespace clear_native::report
