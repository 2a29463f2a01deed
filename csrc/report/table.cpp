#include "table.hpp"

#include <algorithm>
#include <array>

#include "diagnoses.hpp"
#include "groups.hpp"
#include "joined.hpp"
#include "roofline.hpp"
#include "statuses.hpp"
#include "table_header.hpp"
#include "units.hpp"
#include "wrapped_text.hpp"

namespace clear_native::report {
namespace {

constexpr std::size_t columns = 7;
constexpr std::size_t gap = 2;  // between columns
using Row = std::array<std::string, columns>;

std::string count(const std::optional<std::int64_t>& flops) {
  if (!flops || *flops == 0) return absent;
  return right_stripped(prefixed(static_cast<double>(*flops), ""));
}

std::string pj_per_flop(const std::optional<double>& value) {
  return value ? formatted("%.3g", *value) : absent;
}

Row row_of(const std::string& name, const ModelResult& part, const Marks& marks, const std::string& share) {
  return {right_stripped(name + " " + marks_in(marks, part.statuses)),
          with_interval(part.energy_j, part.energy_half_width_j, "J"),
          share,
          prefixed(part.time_s, "s"),
          prefixed(part.power_w, "W"),
          count(part.flops),
          pj_per_flop(part.pj_per_flop())};
}

/// The half-width of a sum is what it is at most.
Row row_of(const Group& group) {
  std::optional<double> power_w;
  if (group.energy_j && group.time_s && *group.time_s != 0) power_w = *group.energy_j / *group.time_s;
  return {"sum of " + group.name,
          with_interval(group.energy_j, group.energy_half_width_j, "J"),
          percent(group.share),
          prefixed(group.time_s, "s"),
          prefixed(power_w, "W"),
          count(group.flops),
          pj_per_flop(group.pj_per_flop())};
}

std::vector<Row> rows_of(const Report& report, const Marks& marks) {
  std::vector<Row> rows = {{"component", report.meter.estimated ? "ESTIMATED energy" : "energy", "share", "time",
                            "power", "FLOPs", "pJ/FLOP"}};
  for (const ComponentResult& part : report.components) {
    rows.push_back(row_of(part.name, part, marks, percent(part.share)));
  }
  for (const Group& group : groups_of(report.components)) rows.push_back(row_of(group));
  if (report.preserved) rows.push_back(row_of("model, buffers kept", *report.preserved, marks, ""));
  rows.push_back(row_of("model", report.full_model, marks, ""));
  return rows;
}

/// The first column takes what the others leave, and is folded where that is not enough.
std::array<std::size_t, columns> widths_of(const std::vector<Row>& rows, std::size_t width) {
  std::array<std::size_t, columns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  std::size_t others = gap * (columns - 1);
  for (std::size_t i = 1; i < columns; ++i) others += widths[i];
  widths[0] = std::min(widths[0], others < width ? width - others : 1);
  return widths;
}

/// Where the name takes several lines, the rest of the header stands at the last of them, that of others at the first.
void append_row(const Row& row, const std::array<std::size_t, columns>& widths, bool is_header,
                std::vector<std::string>& lines) {
  const std::vector<std::string> names = wrapped(row[0], widths[0]);
  const std::size_t filled = is_header ? names.size() - 1 : 0;
  for (std::size_t line = 0; line < names.size(); ++line) {
    std::string text = names[line];
    text.append(widths[0] - std::min(widths[0], columns_of(text)), ' ');
    for (std::size_t i = 1; line == filled && i < columns; ++i) {
      text.append(gap + widths[i] - columns_of(row[i]), ' ');
      text += row[i];
    }
    lines.push_back(right_stripped(std::move(text)));
  }
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

/// By name of the signature; what was seen and what to do is in the file.
void append_diagnoses(const Report& report, std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  for (const Diagnosis& diagnosis : diagnoses_of(report)) {
    auto at = std::find_if(found.begin(), found.end(), [&](const auto& one) { return one.first == diagnosis.name; });
    if (at == found.end()) at = found.insert(found.end(), {diagnosis.name, {}});
    at->second.push_back(diagnosis.component.value_or("the model"));
  }
  for (const auto& [name, components] : found) lines.push_back("? " + name + ": " + joined(components, ", "));
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
  const Marks marks = marks_of(report.all_statuses());
  const std::vector<Row> rows = rows_of(report, marks);
  const auto widths = widths_of(rows, width);
  for (const Row& row : rows) append_row(row, widths, &row == rows.data(), lines);
  std::vector<std::string> below;
  append_roofline(report, below);
  append_bounds(report, below);
  for (const auto& [status, mark] : marks) below.push_back(joined({mark, " ", status, ": ", meaning_of(status)}, ""));
  append_diagnoses(report, below);
  for (const std::string& warning : report.warnings) below.push_back("! " + warning);
  append(below);
  return joined(lines, "\n");
}

}  // namespace clear_native::report
