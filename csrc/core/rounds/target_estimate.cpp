#include "target_estimate.hpp"

#include <algorithm>
#include <cmath>

#include "corrected.hpp"
#include "observations.hpp"

namespace clear_native {

std::optional<Interval> interval_of_rounds(const ValueByRound& values, const ValueByRound& lengths_s,
                                           double freedom_lost) {
  double longest_s = 0;
  for (const auto& [round, length_s] : lengths_s) longest_s = std::max(longest_s, length_s);
  if (longest_s <= 0) longest_s = 1;
  std::vector<double> numbers;
  std::vector<double> lengths;
  for (const auto& [round, value] : values) {
    const auto length_s = lengths_s.find(round);
    numbers.push_back(value);
    lengths.push_back(length_s != lengths_s.end() ? length_s->second : longest_s);
  }
  return interval_of(numbers, lengths, freedom_lost);
}

std::optional<Interval> ratio_of_rounds(const ValueByRound& numerators, const ValueByRound& denominators,
                                        const ValueByRound& lengths_s, double freedom_lost) {
  ValueByRound shared;
  ValueByRound below;
  for (const auto& [round, value] : numerators) {
    const auto found = denominators.find(round);
    if (found == denominators.end()) continue;
    shared[round] = value;
    below[round] = found->second;
  }
  const std::optional<Interval> above = interval_of_rounds(shared, lengths_s);
  const std::optional<Interval> whole = interval_of_rounds(below, lengths_s);
  if (!above || !whole || whole->mean == 0) return std::nullopt;
  const double ratio = above->mean / whole->mean;
  ValueByRound values;
  for (const auto& [round, value] : shared) values[round] = ratio + (value - ratio * below.at(round)) / whole->mean;
  return interval_of_rounds(values, lengths_s, freedom_lost);
}

void judge_resolution(TargetEstimate& estimate, bool measured) {
  const std::optional<Interval>& energy = estimate.energy_per_pass_j;
  const bool resolved = energy && energy->mean > 0 && energy->half_width.value_or(0) < energy->mean;
  if (resolved) return;
  const char* status = energy ? "below_resolution" : measured ? "too_few_ticks" : "not_measured";
  estimate.energy_per_pass_j.reset();
  estimate.energy_above_idle_j.reset();
  estimate.power_w.reset();
  estimate.statuses.insert(estimate.statuses.begin(), status);
}

void judge_precision(TargetEstimate& estimate, TargetRole role, double model_energy_j, double model_time_s,
                     const PrecisionRule& rule) {
  if (!estimate.energy_per_pass_j) return;
  double of_model = rule.of_model * model_energy_j;
  if (role == TargetRole::idle) of_model = model_time_s > 0 ? of_model / model_time_s : 0;
  const double required = std::max(rule.of_component * estimate.energy_per_pass_j->mean, of_model);
  estimate.required_half_width_j = required;
  const std::optional<double>& half_width = estimate.energy_per_pass_j->half_width;
  estimate.precision_reached = half_width && *half_width <= required;
}

void add_status(TargetEstimate& estimate, const char* status) {
  std::vector<std::string>& statuses = estimate.statuses;
  if (std::find(statuses.begin(), statuses.end(), status) == statuses.end()) statuses.emplace_back(status);
}

void widen_energies(TargetEstimate& estimate, double relative_error) {
  widen(estimate.energy_per_pass_j, relative_error);
  widen(estimate.power_w, relative_error);
  if (!estimate.energy_above_idle_j || !estimate.energy_per_pass_j) return;
  const double gross_over_net = estimate.energy_per_pass_j->mean / estimate.energy_above_idle_j->mean;
  widen(estimate.energy_above_idle_j, relative_error * std::abs(gross_over_net));
}

}  // namespace clear_native
