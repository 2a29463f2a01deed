#include "table_header.hpp"

#include <algorithm>
#include <cstddef>

#include "joined.hpp"
#include "units.hpp"

namespace clear_native::report {
namespace {

constexpr const char* dot = " · ";
constexpr std::size_t inputs_shown = 2;
constexpr std::size_t torch_prefix = 6;  // of "torch."

std::string with_spaces(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string title(const Report& report) {
  std::string text = report.model;
  if (report.synthetic_weights.value_or(false)) text += " · random weights";
  if (report.meter.estimated) {
    text += " · ESTIMATED energies (time × " + prefixed(report.meter.stated_power_w, "W") + ", no sensor)";
  }
  return text;
}

std::string device(const Report& report) {
  if (auto gpu = text_of(report.environment, "gpu")) return *gpu;
  if (!report.meter.device.empty()) return report.meter.device;
  return text_of(report.environment, "cpu").value_or(report.meter.scope);
}

std::string shape_of(const InputTensor& tensor) {
  std::vector<std::string> lengths;
  lengths.reserve(tensor.shape.size());
  for (const std::int64_t length : tensor.shape) lengths.push_back(std::to_string(length));
  return joined(lengths, "x");
}

/// What was measured on, with which meter, and the first inputs.
std::string surroundings(const Report& report) {
  std::vector<std::string> parts = {device(report), with_spaces(report.meter.name)};
  for (std::size_t i = 0; i < std::min(inputs_shown, report.workload.inputs.size()); ++i) {
    parts.push_back(report.workload.inputs[i].path + " " + shape_of(report.workload.inputs[i]));
  }
  const std::string dtype = report.workload.weights_dtype.value_or("");
  parts.push_back(dtype.rfind("torch.", 0) == 0 ? dtype.substr(torch_prefix) : dtype);
  std::erase(parts, "");
  return joined(parts, dot);
}

std::string of(const char* label, const std::optional<Ratio>& ratio) {
  return std::string(label) + " " + (ratio ? percent(ratio->ratio, ratio->half_width) : absent);
}

std::string closures(const Report& report) {
  std::string text = "closure " + of("energy", report.energy_closure) + dot + of("time", report.time_closure);
  if (report.perturbation) text += dot + of("perturbation", report.perturbation);
  return text;
}

std::string operating_point(const OperatingMeans& point) {
  std::vector<std::string> shown;
  if (point.sm_clock_mhz) shown.push_back(formatted("%.0f MHz", *point.sm_clock_mhz));
  if (point.power_w) shown.push_back(formatted("%.0f W", *point.power_w));
  if (point.temperature_c) shown.push_back(formatted("%.0f °C", *point.temperature_c));
  return shown.empty() ? absent : joined(shown, " ");
}

/// What tells whether the method's conditions held.
void append_checks(const Report& report, std::vector<std::string>& lines) {
  std::vector<std::string> conditions;
  const std::optional<Weighing>& weighing = report.weighing;
  if (weighing) {
    const std::string cache = text_of(weighing->facts, "cache").value_or("");
    lines.push_back(percent(weighing->fraction) + " of the calls dosed over " + std::to_string(weighing->passes) +
                    " passes" + (cache.empty() ? "" : ", second runs " + cache));
    if (weighing->homogeneity) conditions.push_back(of("doubled/2x", weighing->homogeneity));
  }
  if (report.sensors) conditions.push_back(of("counter/samples", report.sensors));
  if (!conditions.empty()) lines.push_back(joined(conditions, dot));
  if (weighing && weighing->dosed && weighing->model) {
    lines.push_back("dosed windows at " + operating_point(*weighing->dosed) + ", the model at " +
                    operating_point(*weighing->model));
  }
}

const SideResult* find(const SideMeter& side, const std::string& name) {
  const auto found = std::find_if(side.results.begin(), side.results.end(),
                                  [&name](const SideResult& result) { return result.name == name; });
  return found == side.results.end() ? nullptr : &*found;
}

std::string side_line(const Report& report, const SideMeter& side) {
  std::string line = "beside it the " + side.meter.scope + " by " + with_spaces(side.meter.name);
  if (!side.meter.domains.empty()) line += " (" + joined(side.meter.domains, ", ") + ")";
  const SideResult* model = find(side, "model");
  if (model == nullptr) return line + ": nothing was read";
  line += ": model " + with_interval(model->energy_j, model->energy_half_width_j, "J") + " at " +
          prefixed(model->power_w, "W");
  if (model->together_j) {
    line +=
        ", with the " + report.meter.scope + " " + with_interval(model->together_j, model->together_half_width_j, "J");
  }
  if (const SideResult* idle = find(side, "idle")) line += ", idle " + prefixed(idle->power_w, "W");
  return line;
}

/// What the side meter read while components ran; empty where none had windows of its own.
std::string side_components(const Report& report, const SideMeter& side) {
  std::vector<std::string> parts;
  for (const SideResult& result : side.results) {
    const bool is_component = std::any_of(report.components.begin(), report.components.end(),
                                          [&](const ComponentResult& part) { return part.name == result.name; });
    if (is_component) {
      parts.push_back(result.name + " " + with_interval(result.energy_j, result.energy_half_width_j, "J"));
    }
  }
  return parts.empty() ? "" : "the " + side.meter.scope + " while they ran: " + joined(parts, ", ");
}

}  // namespace

std::vector<std::string> header_of(const Report& report) {
  std::vector<std::string> lines = {title(report), surroundings(report),
                                    report.method + ", " + report.execution + dot + std::to_string(report.rounds) +
                                        " rounds in " + prefixed(report.elapsed_s, "s") + dot + "idle " +
                                        with_interval(report.idle_power_w, report.idle_power_half_width_w, "W"),
                                    closures(report)};
  append_checks(report, lines);
  for (const SideMeter& side : report.sides) {
    lines.push_back(side_line(report, side));
    if (find(side, "model") == nullptr) continue;
    if (std::string parts = side_components(report, side); !parts.empty()) lines.push_back(std::move(parts));
  }
  return lines;
}

}  // namespace clear_native::report
