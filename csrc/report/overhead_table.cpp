#include <algorithm>
#include <utility>

#include "columns.hpp"
#include "joined.hpp"
#include "overhead_report.hpp"
#include "statuses.hpp"
#include "table.hpp"
#include "units.hpp"
#include "wrapped_text.hpp"

namespace clear_native::report {
namespace {

constexpr const char* eager_loop = "eager_loop";

std::string words_of(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string title(const Overhead& found) {
  const std::string device = text_of(found.environment, found.device == "cpu" ? "cpu" : "gpu").value_or(found.device);
  const std::string estimate = "ESTIMATED: time x " + prefixed(found.meter.stated_power_w, "W");
  return found.model + " · overhead · " + device + " · " +
         (found.meter.estimated ? estimate : words_of(found.meter.name));
}

std::string launch_of(const OverheadRow& row) {
  return std::to_string(row.passes_per_launch) + (row.passes_per_launch == 1 ? " pass" : " passes");
}

std::string shown(const std::optional<Interval>& interval, const char* unit) {
  return interval ? with_interval(interval->mean, interval->half_width, unit) : absent;
}

std::string per_call(const OverheadRow& row) {
  return row.time_s && row.calls > 0 ? prefixed(row.time_s->mean / static_cast<double>(row.calls), "s") : absent;
}

std::vector<std::string> all_statuses(const Overhead& found) {
  std::vector<std::string> all = found.run.statuses;
  for (const OverheadRow& row : found.rows) {
    for (const std::string& status : row.statuses) {
      if (std::find(all.begin(), all.end(), status) == all.end()) all.push_back(status);
    }
  }
  return all;
}

}  // namespace

std::string overhead_target(const OverheadRow& row) {
  return row.component + "/" + row.way;
}

void take_targets(Overhead& found) {
  for (OverheadRow& row : found.rows) {
    const std::string name = overhead_target(row);
    const auto& targets = found.run.targets;
    const auto target = std::find_if(targets.begin(), targets.end(),
                                     [&name](const TargetEstimate& estimate) { return estimate.name == name; });
    if (target == targets.end()) continue;
    row.time_s = target->time_per_pass_s;
    row.energy_j = target->energy_per_pass_j;
    row.statuses = target->statuses;
  }
}

std::optional<double> times_faster(const Overhead& found, const OverheadRow& row) {
  for (const OverheadRow& other : found.rows) {
    const bool is_loop = other.component == row.component && other.way == eager_loop;
    if (is_loop && other.time_s && row.time_s) return other.time_s->mean / row.time_s->mean;
  }
  return std::nullopt;
}

std::string overhead_table(const Overhead& found) {
  const Marks marks = marks_of(all_statuses(found));
  Cells lines = wrapped(title(found), table_width);
  std::vector<Cells> rows = {{"component", "way", "a launch", "time", "per call", "energy", "faster"}};
  for (const OverheadRow& row : found.rows) {
    const std::optional<double> faster = times_faster(found, row);
    rows.push_back({row.component + marks_in(marks, row.statuses), words_of(row.way), launch_of(row),
                    shown(row.time_s, "s"), per_call(row), shown(row.energy_j, "J"),
                    faster ? formatted("%.2f x", *faster) : absent});
  }
  append_rows(rows, true, lines);
  lines.push_back("time and energy of a pass: all calls of the component once; " + std::to_string(found.run.rounds) +
                  " rounds in " + formatted("%.0f s", found.run.elapsed_s));
  const auto append = [&lines](const std::string& text) {
    for (std::string& line : wrapped(text, table_width)) lines.push_back(std::move(line));
  };
  for (const std::string& note : found.notes) append("! " + note);
  for (const auto& [status, mark] : marks) append(mark + " " + meaning_of(status));
  return joined(lines, "\n");
}

}  // namespace clear_native::report
