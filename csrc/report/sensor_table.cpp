#include <algorithm>
#include <utility>
#include <vector>

#include "columns.hpp"
#include "joined.hpp"
#include "sensor_report.hpp"
#include "table.hpp"
#include "units.hpp"
#include "wrapped_text.hpp"

namespace clear_native::report {
namespace {

std::string title(const SensorResult& found, const Facts& environment) {
  std::string name = found.meter.name;
  std::replace(name.begin(), name.end(), '_', ' ');
  const auto device = text_of(environment, found.meter.scope == "gpu" ? "gpu" : "cpu");
  Cells where = {device.value_or(found.meter.device), joined(found.meter.domains, ", ")};
  std::erase(where, "");
  return name + " · " + joined(where, " · ");
}

std::string looks(const SensorResult& found) {
  if (!found.look_period_s) return absent;
  const std::string length = found.look_s ? "for about " + prefixed(found.look_s, "s", 1) + " " : "";
  return length + "every " + prefixed(found.look_period_s, "s");
}

std::vector<Cells> facts_of(const SensorResult& found) {
  const std::string jitter = found.period_jitter_s ? " ± " + prefixed(found.period_jitter_s, "s", 2) : "";
  return {{"reading changes every", prefixed(found.period_s, "s") + jitter},
          {"smallest step", prefixed(found.quantum_j, "J")},
          {"a read takes", prefixed(found.read_median_s, "s") + " (p99 " + prefixed(found.read_p99_s, "s") + ")"},
          {"deep idle", prefixed(found.deep_idle_w, "W")},
          {"active idle", prefixed(found.active_idle_w, "W")},
          {"the load used here", prefixed(found.load_w, "W")},
          {"shortest window for 1 %", prefixed(found.shortest_window_s, "s")},
          {"looks part of the time", looks(found)}};
}

std::vector<Cells> fields_of(const SensorResult& found) {
  std::vector<Cells> rows = {
      {"power field", "changes every", "a read takes", "lag", "averages over", "counter/integral"}};
  for (const FieldFacts& field : found.fields) {
    rows.push_back({field.name, prefixed(field.period_s, "s"), prefixed(field.read_median_s, "s"),
                    prefixed(field.lag_s, "s", 2), prefixed(field.averaging_s, "s", 2), percent(field.counter_ratio)});
  }
  return rows;
}

}  // namespace

std::string sensor_table(const SensorResult& found, const Facts& environment) {
  Cells lines = wrapped(title(found, environment), table_width);
  append_rows(facts_of(found), false, lines);
  if (!found.fields.empty()) append_rows(fields_of(found), true, lines);
  for (const std::string& note : found.notes) {
    for (std::string& line : wrapped("! " + note, table_width)) lines.push_back(std::move(line));
  }
  return joined(lines, "\n");
}

}  // namespace clear_native::report
