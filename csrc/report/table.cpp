#include "table.hpp"

#include <algorithm>

#include "diagnoses.hpp"
#include "groups.hpp"
#include "joined.hpp"
#include "roofline.hpp"
#include "statuses.hpp"
#include "table_columns.hpp"
#include "table_header.hpp"
#include "units.hpp"
#include "wrapped_text.hpp"

namespace clear_native::report {
namespace {

std::string count(const std::optional<std::int64_t>& flops) {
  if (!flops || *flops == 0) return absent;
  return right_stripped(prefixed(static_cast<double>(*flops), ""));
}

std::string pj_per_flop(const std::optional<double>& value) {
  return value ? formatted("%.3g", *value) : absent;
}

std::string data_size(const std::optional<std::int64_t>& bytes) {
  return bytes ? prefixed(static_cast<double>(*bytes), "B") : absent;
}

Row row_of(const std::string& name, const ModelResult& part, const Marks& marks) {
  return {.name = right_stripped(name + " " + marks_in(marks, part.statuses)),
          .energy = with_interval(part.energy_j, part.energy_half_width_j, "J"),
          .share_text = "",
          .time = prefixed(part.time_s, "s"),
          .power = prefixed(part.power_w, "W"),
          .flops = count(part.flops),
          .pj_per_flop = pj_per_flop(part.pj_per_flop()),
          .bytes = data_size(part.bytes)};
}

/// The half-width of a sum is what it is at most.
Row row_of(const Group& group) {
  std::optional<double> power_w;
  if (group.energy_j && group.time_s && *group.time_s != 0) power_w = *group.energy_j / *group.time_s;
  return {.name = "sum of " + group.name,
          .energy = with_interval(group.energy_j, group.energy_half_width_j, "J"),
          .share_text = percent(group.share),
          .time = prefixed(group.time_s, "s"),
          .power = prefixed(power_w, "W"),
          .flops = count(group.flops),
          .pj_per_flop = pj_per_flop(group.pj_per_flop()),
          .bytes = data_size(group.bytes),
          .share = group.share};
}

std::vector<Row> rows_of(const Report& report, const Marks& marks) {
  std::vector<Row> rows = {{.name = "component",
                            .energy = report.meter.estimated ? "ESTIMATED energy" : "energy",
                            .share_text = "share",
                            .time = "time",
                            .power = "power",
                            .flops = "FLOPs",
                            .pj_per_flop = "pJ/FLOP",
                            .bytes = "bytes"}};
  for (const ComponentResult& part : report.components) {
    rows.push_back(row_of(part.name, part, marks));
    rows.back().share_text = percent(part.share);
    rows.back().share = part.share;
  }
  for (const Group& group : groups_of(report.components)) rows.push_back(row_of(group));
  if (report.preserved) rows.push_back(row_of("model, buffers kept", *report.preserved, marks));
  rows.push_back(row_of("model", report.full_model, marks));
  return rows;
}

/// From the top of the table to its end, each once.
std::vector<std::string> statuses_of_rows(const Report& report) {
  std::vector<std::string> found;
  const auto add = [&found](const ModelResult& part) {
    for (const std::string& status : part.statuses) {
      if (status != "ok" && std::find(found.begin(), found.end(), status) == found.end()) found.push_back(status);
    }
  };
  for (const ComponentResult& part : report.components) add(part);
  if (report.preserved) add(*report.preserved);
  add(report.full_model);
  return found;
}

/// Which components are bound by what, and where the device's limits are from.
void append_roofline(const Report& report, std::vector<std::string>& lines) {
  if (!report.limits) return;
  const DeviceLimits& limits = *report.limits;
  std::vector<std::string> by_compute;
  std::vector<std::string> by_memory;
  for (const ComponentResult& part : report.components) {
    const std::optional<Roofline> side = roofline_of(part, report.limits);
    if (side) (side->bound == "compute" ? by_compute : by_memory).push_back(part.name);
  }
  if (!by_compute.empty()) lines.push_back("bound by compute: " + joined(by_compute, ", "));
  if (!by_memory.empty()) lines.push_back("bound by memory: " + joined(by_memory, ", "));
  if (by_compute.empty() && by_memory.empty()) return;
  lines.push_back(std::string("limits (") + (limits.measured ? "measured" : "published") +
                  "): " + prefixed(limits.flops_per_s, "FLOP/s") + " in " + limits.dtype + ", " +
                  prefixed(limits.bytes_per_s, "B/s"));
}

void append_bounds(const Report& report, std::vector<std::string>& lines) {
  for (const char* cache : {"cold", "warm"}) {
    std::vector<std::string> energies;
    for (const auto& [name, by_cache] : report.bounds) {
      const auto found = by_cache.find(cache);
      if (found == by_cache.end()) continue;
      energies.push_back(name + " " + with_interval(found->second.energy_j, found->second.half_width_j, "J"));
    }
    if (!energies.empty()) lines.push_back(std::string("with second runs ") + cache + ": " + joined(energies, ", "));
  }
}

/// Alike ones once: what it means and what helps, then what was seen of each component.
void append_diagnoses(const Report& report, std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  for (const Diagnosis& diagnosis : diagnoses_of(report)) {
    const std::string advice = "? " + diagnosis.name + ": " + diagnosis.means + ". What helps: " + diagnosis.remedy;
    auto at = std::find_if(found.begin(), found.end(), [&](const auto& one) { return one.first == advice; });
    if (at == found.end()) at = found.insert(found.end(), {advice, {}});
    at->second.push_back("    " + diagnosis.component.value_or("the model") + ": " + diagnosis.seen);
  }
  for (const auto& [advice, seen] : found) {
    lines.push_back(advice);
    lines.insert(lines.end(), seen.begin(), seen.end());
  }
}

/// Statuses of the whole report first: no row has a mark for them.
void append_warnings(const Report& report, const Marks& marks, std::vector<std::string>& lines) {
  for (const std::string& status : report.statuses) {
    if (status != "ok" && marks_in(marks, {status}).empty()) lines.push_back("! " + status + ": " + meaning_of(status));
  }
  for (const std::string& warning : report.warnings) lines.push_back("! " + warning);
}

}  // namespace

std::string table_of(const Report& report, std::size_t width) {
  std::vector<std::string> lines;
  const auto append = [&lines, width](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      for (std::string& line : wrapped(text, width)) lines.push_back(std::move(line));
    }
  };
  append(header_of(report));
  const Marks marks = marks_of(statuses_of_rows(report));
  for (std::string& line : lines_of(rows_of(report, marks), width)) lines.push_back(std::move(line));
  std::vector<std::string> below;
  append_roofline(report, below);
  append_bounds(report, below);
  for (const auto& [status, mark] : marks) below.push_back(joined({mark, " ", status, ": ", meaning_of(status)}, ""));
  append_diagnoses(report, below);
  append_warnings(report, marks, below);
  append(below);
  return joined(lines, "\n");
}

}  // namespace clear_native::report
