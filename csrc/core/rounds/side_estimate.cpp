#include "side_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/statistics/statistics.hpp"

namespace clear_native {
namespace {

constexpr double confidence = 0.95;

struct Values {
  std::string scope;
  std::string target;
  std::map<int, std::vector<double>> powers_w;  // by round
  std::map<int, std::vector<double>> energies_j;
};

Values& values_of(std::vector<Values>& all, const std::string& scope, const std::string& target) {
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const Values& values) { return values.scope == scope && values.target == target; });
  if (found != all.end()) return *found;
  all.push_back({.scope = scope, .target = target, .powers_w = {}, .energies_j = {}});
  return all.back();
}

Interval between_rounds(const std::map<int, std::vector<double>>& by_round) {
  std::vector<double> means;
  for (const auto& [round, values] : by_round) {
    double sum = 0;
    for (const double value : values) sum += value;
    means.push_back(sum / static_cast<double>(values.size()));
  }
  Interval interval{.rounds = static_cast<int>(means.size())};
  const std::optional<WeightedMean> mean = weighted_mean(means);
  if (!mean) return interval;
  interval.mean = mean->mean;
  interval.standard_deviation = mean->standard_deviation;
  if (mean->standard_error) {
    const double degrees_of_freedom = static_cast<double>(means.size()) - 1;
    interval.half_width = student_t_two_sided(confidence, degrees_of_freedom) * *mean->standard_error;
  }
  return interval;
}

}  // namespace

std::vector<SideEstimate> side_estimates(const std::vector<Window>& windows) {
  std::vector<Values> all;
  for (const Window& window : windows) {
    if (window.doses || !window.time_per_pass_s) continue;
    const double time_per_pass_s = *window.time_per_pass_s;
    for (const SideEnergy& side : window.sides) {
      if (side.end_s <= side.begin_s) continue;
      const double power_w = side.energy_j / (side.end_s - side.begin_s);
      Values& values = values_of(all, side.scope, window.target);
      values.powers_w[window.round].push_back(power_w);
      values.energies_j[window.round].push_back(power_w * time_per_pass_s);
    }
  }
  std::vector<SideEstimate> estimates;
  estimates.reserve(all.size());
  for (const Values& values : all) {
    estimates.push_back({.scope = values.scope,
                         .target = values.target,
                         .energy_per_pass_j = between_rounds(values.energies_j),
                         .power_w = between_rounds(values.powers_w)});
  }
  return estimates;
}

}  // namespace clear_native
