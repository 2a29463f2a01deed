#include "csv.hpp"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "joined.hpp"
#include "roofline.hpp"

namespace clear_native::report {
namespace {

constexpr int least_fixed = -4;
constexpr int first_not_fixed = 16;

using Cells = std::vector<std::pair<const char*, std::string>>;

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char byte : text) quoted += byte == '"' ? "\"\"" : std::string(1, byte);
  return quoted + "\"";
}

std::string digits_of(double value, std::chars_format format) {
  std::array<char, 400> text{};  // the largest number in fixed notation has 309 digits
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value, format).ptr};
}

/// The shortest digits that read back as the same number, with an exponent where Python's repr has one.
std::string cell(double value) {
  std::string scientific = digits_of(value, std::chars_format::scientific);
  const std::size_t at = scientific.find('e');
  if (at == std::string::npos) return scientific;  // not finite
  const int exponent = std::stoi(scientific.substr(at + 1));
  if (exponent < least_fixed || exponent >= first_not_fixed) return scientific;
  const std::string fixed = digits_of(value, std::chars_format::fixed);
  return fixed.find('.') == std::string::npos ? fixed + ".0" : fixed;
}

std::string cell(std::int64_t value) {
  return std::to_string(value);
}

std::string cell(bool value) {
  return value ? "True" : "False";  // as Python's csv writes it
}

template <typename Value>
std::string cell(const std::optional<Value>& value) {
  return value ? cell(*value) : "";
}

Cells cells_of(const Report& report, const std::string& name, const ModelResult& part,
               const ComponentResult* component) {
  const auto side = component != nullptr ? roofline_of(part, report.limits) : std::nullopt;
  const std::string status = joined(part.statuses, ", ");
  return {{"component", cell(name)},
          {"energy_j", cell(part.energy_j)},
          {"energy_half_width_j", cell(part.energy_half_width_j)},
          {"energy_above_idle_j", cell(part.energy_above_idle_j)},
          {"energy_above_idle_half_width_j", cell(part.energy_above_idle_half_width_j)},
          {"time_s", cell(part.time_s)},
          {"time_half_width_s", cell(part.time_half_width_s)},
          {"power_w", cell(part.power_w)},
          {"power_half_width_w", cell(part.power_half_width_w)},
          {"rounds", cell(part.rounds)},
          {"required_half_width_j", cell(part.required_half_width_j)},
          {"precision_reached", cell(part.precision_reached)},
          {"counter_over_samples", cell(part.counter_over_samples)},
          {"flops", cell(part.flops)},
          {"flops_dense", cell(part.flops_dense)},
          {"bytes", cell(part.bytes)},
          {"share", component != nullptr ? cell(component->share) : ""},
          {"calls", component != nullptr ? cell(component->calls) : ""},
          {"pj_per_flop", cell(part.pj_per_flop())},
          {"pj_per_byte", cell(part.pj_per_byte())},
          {"bound", side ? cell(side->bound) : ""},
          {"status", cell(status.empty() ? "ok" : status)},
          {"model", cell(report.model)},
          {"method", cell(report.method)},
          {"execution", cell(report.execution)},
          {"estimated", cell(report.meter.estimated)},
          {"synthetic_weights", cell(report.synthetic_weights)}};
}

void append(std::string& text, const Cells& cells) {
  if (text.empty()) {
    for (const auto& [name, value] : cells) text += (text.empty() ? "" : ",") + std::string(name);
    text += '\n';
  }
  for (const auto& one : cells) text += (&one == cells.data() ? "" : ",") + one.second;
  text += '\n';
}

}  // namespace

std::string csv_of(const Report& report) {
  std::string text;
  for (const ComponentResult& part : report.components) append(text, cells_of(report, part.name, part, &part));
  if (report.preserved) append(text, cells_of(report, "model, buffers kept", *report.preserved, nullptr));
  append(text, cells_of(report, "model", report.full_model, nullptr));
  return text;
}

}  // namespace clear_native::report
