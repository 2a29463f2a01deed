#include <algorithm>
#include <utility>
#include <vector>

#include "calibration_report.hpp"
#include "columns.hpp"
#include "joined.hpp"
#include "statuses.hpp"
#include "table.hpp"
#include "units.hpp"
#include "wrapped_text.hpp"

namespace clear_native::report {
namespace {

std::string shown(const std::optional<Interval>& interval, const std::string& unit) {
  return interval ? with_interval(interval->mean, interval->half_width, unit) : absent;
}

/// Their intervals are in the file; here they would be too wide.
std::string watts(const std::optional<Interval>& power) {
  return power ? prefixed(power->mean, "W") : absent;
}

std::string title(const CalibrationFacts& facts) {
  std::string meter = facts.meter.name;
  std::replace(meter.begin(), meter.end(), '_', ' ');
  return "calibration · " + text_of(facts.environment, "gpu").value_or(facts.uuid) + " · " + meter;
}

std::vector<Cells> powers_of(const Calibration& found) {
  return {{"static power: nothing runs", shown(found.static_power_w, "W")},
          {"all warps resident, asleep", shown(found.occupied_power_w, "W")}};
}

std::string share_of_sheet(const KindCost& kind, const std::string& gpu) {
  const std::optional<double> published = published_rate(kind.name, gpu);
  return published && kind.units_per_s ? percent(kind.units_per_s->mean / *published) : absent;
}

/// All statuses, each once.
std::vector<std::string> statuses_of(const Calibration& found) {
  std::vector<std::string> all = found.statuses;
  for (const KindCost& kind : found.kinds) {
    for (const std::string& status : kind.statuses) {
      if (std::find(all.begin(), all.end(), status) == all.end()) all.push_back(status);
    }
  }
  return all;
}

std::vector<Cells> kinds_of(const Calibration& found, const std::string& gpu, const Marks& marks) {
  std::vector<Cells> rows = {{"load", "costs", "reaches", "of sheet", "at", "base", "bend"}};
  for (const KindCost& kind : found.kinds) {
    const std::string rate = kind.unit == "byte" ? "B/s" : kind.unit + "/s";
    rows.push_back({kind.name + marks_in(marks, kind.statuses), shown(kind.energy_per_unit_j, "J/" + kind.unit),
                    shown(kind.units_per_s, rate), share_of_sheet(kind, gpu), watts(kind.power_w),
                    watts(kind.base_power_w), percent(kind.bend)});
  }
  return rows;
}

}  // namespace

std::string calibration_table(const Calibration& found, const CalibrationFacts& facts) {
  const std::string gpu = text_of(facts.environment, "gpu").value_or("");
  const Marks marks = marks_of(statuses_of(found));
  Cells lines = wrapped(title(facts), table_width);
  append_rows(powers_of(found), false, lines);
  append_rows(kinds_of(found, gpu, marks), true, lines);
  const std::string run = std::to_string(found.rounds.rounds) + " rounds in " +
                          formatted("%.0f s", found.rounds.elapsed_s) + ", seed " + std::to_string(found.rounds.seed);
  lines.push_back(run + (found.rounds.stop_reason == StopReason::interrupted ? ", interrupted" : "") +
                  (found.rounds.stop_reason == StopReason::max_time ? ", time was up" : ""));
  for (const auto& [status, mark] : marks) {
    for (std::string& line : wrapped(mark + " " + meaning_of(status), table_width)) lines.push_back(std::move(line));
  }
  return joined(lines, "\n");
}

}  // namespace clear_native::report
