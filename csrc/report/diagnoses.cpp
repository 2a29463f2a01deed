#include "diagnoses.hpp"

#include <algorithm>
#include <cstddef>

#include "joined.hpp"
#include "units.hpp"

namespace clear_native::report {
namespace {

constexpr double most_spread = 0.095;
constexpr double least_capture = 0.90;
constexpr std::size_t most_names = 4;

bool has(const std::vector<std::string>& statuses, const std::string& status) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

std::optional<Diagnosis> unread(const ComponentResult& part) {
  std::vector<std::string> statuses;
  for (const std::string& status : part.statuses) {
    if (status == "below_resolution" || status == "too_few_ticks") statuses.push_back(status);
  }
  if (part.energy_j || statuses.empty()) return std::nullopt;
  return Diagnosis{
      .name = "zero_readings",
      .component = part.name,
      .seen = "no energy (" + joined(statuses, ", ") + "): the meter tells it neither from zero nor from noise",
      .means = "it costs too little for the windows there were",
      .remedy = "a longer max_time, or measure it together with its neighbours (components=...)"};
}

std::optional<Diagnosis> spread(const ComponentResult& part) {
  if (!part.energy_j || *part.energy_j <= 0 || !part.energy_half_width_j) return std::nullopt;
  const double relative = *part.energy_half_width_j / *part.energy_j;
  if (relative <= most_spread) return std::nullopt;
  return Diagnosis{
      .name = "spread_above_9.5_percent",
      .component = part.name,
      .seen = "the half-width of its interval is " + formatted("%.0f", 100 * relative) + " % of its " +
              formatted("%.3g", 1e3 * *part.energy_j) + " mJ",
      .means = part.precision_reached
                   ? "a small component: what a profile aims at is 1 % of it or 0.3 % of the model, whichever is more"
                   : "noise between rounds, and too few of them for the precision asked for",
      .remedy = "a smaller precision and a longer max_time"};
}

std::string not_covered(const Report& report) {
  std::vector<std::string> names;
  for (const ComponentResult& part : report.components) {
    if (has(part.statuses, "not_covered")) names.push_back(part.name);
  }
  if (names.empty()) return {};
  const std::size_t more = names.size() > most_names ? names.size() - most_names : 0;
  names.resize(std::min(names.size(), most_names));
  return joined(names, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "") + " not covered; ";
}

std::optional<Diagnosis> low_closure(const Report& report) {
  const std::optional<Ratio>& closure = report.energy_closure;
  if (!closure || closure->ratio + closure->half_width.value_or(0) >= least_capture) return std::nullopt;
  const bool in_situ = report.method == "in_situ";
  return Diagnosis{
      .name = "capture_below_90_percent",
      .component = std::nullopt,
      .seen = "the components sum to " + formatted("%.1f", 100 * closure->ratio) + " % of the model's energy",
      .means = not_covered(report) +
               (in_situ ? "the method's conditions may not have held"
                        : "alone, components find other caches and clocks than in the model, or the model idles "
                          "between"),
      .remedy = in_situ ? "see .weighing.homogeneity and .warnings"
                        : "method=\"in_situ\"; .warnings has the operating points"};
}

}  // namespace

std::vector<Diagnosis> diagnoses_of(const Report& report) {
  std::vector<Diagnosis> found;
  for (const ComponentResult& part : report.components) {
    if (auto diagnosis = unread(part)) found.push_back(std::move(*diagnosis));
  }
  for (const ComponentResult& part : report.components) {
    if (auto diagnosis = spread(part)) found.push_back(std::move(*diagnosis));
  }
  if (auto diagnosis = low_closure(report)) found.push_back(std::move(*diagnosis));
  return found;
}

}  // namespace clear_native::report
