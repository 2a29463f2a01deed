#include "record.hpp"

#include <algorithm>

namespace clear_native::report {
namespace {

constexpr double pj_per_j = 1e12;

std::optional<double> pj_per(const std::optional<double>& energy_j, const std::optional<std::int64_t>& count) {
  if (!energy_j || !count || *count == 0) return std::nullopt;
  return pj_per_j * *energy_j / static_cast<double>(*count);
}

}  // namespace

std::optional<std::string> text_of(const Facts& facts, const std::string& name) {
  for (const auto& [key, fact] : facts) {
    const auto* text = std::get_if<std::string>(&fact);
    if (key == name && text != nullptr && !text->empty()) return *text;
  }
  return std::nullopt;
}

std::optional<double> ModelResult::pj_per_flop() const {
  return pj_per(energy_j, flops);
}

std::optional<double> ModelResult::pj_per_byte() const {
  return pj_per(energy_j, bytes);
}

std::vector<std::string> Report::all_statuses() const {
  std::vector<std::string> found;
  const auto add = [&found](const std::vector<std::string>& given) {
    for (const std::string& status : given) {
      if (status != "ok" && std::find(found.begin(), found.end(), status) == found.end()) found.push_back(status);
    }
  };
  add(statuses);
  add(full_model.statuses);
  if (preserved) add(preserved->statuses);
  for (const ComponentResult& component : components) add(component.statuses);
  return found;
}

}  // namespace clear_native::report
