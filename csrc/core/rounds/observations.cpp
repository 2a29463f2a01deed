#include "observations.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/statistics/statistics.hpp"
#include "core/windows/noise_model.hpp"
#include "slow_effects.hpp"

namespace clear_native {

Observations observations_of(const std::vector<Window>& windows, const std::string& target) {
  Observations observations;
  const std::vector<std::optional<double>> powers_before_w = power_before_w(windows);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Window& window = windows[i];
    if (window.target != target || !window.energy_per_pass_j || !window.time_per_pass_s) continue;
    observations.push_back({.round = window.round,
                            .middle_s = (window.begin_s + window.end_s) / 2,
                            .length_s = window.end_s - window.begin_s,
                            .energy_j = *window.energy_per_pass_j,
                            .time_s = *window.time_per_pass_s,
                            .power_before_w = powers_before_w[i],
                            .off_speed = window.off_speed,
                            .expected_beat = window.expected_beat});
    if (window.operating_point) observations.back().temperature_c = window.operating_point->temperature_c;
  }
  return observations;
}

std::map<int, Observation> by_round(const Observations& observations) {
  std::map<int, Observation> rounds;
  std::map<int, int> counts;
  for (const Observation& observation : observations) {
    Observation& mean = rounds[observation.round];
    const double n = ++counts[observation.round];
    mean.round = observation.round;
    mean.middle_s += (observation.middle_s - mean.middle_s) / n;
    mean.energy_j += (observation.energy_j - mean.energy_j) / n;
    mean.time_s += (observation.time_s - mean.time_s) / n;
    mean.length_s += observation.length_s;
    if (observation.off_speed) mean.off_speed = observation.off_speed;
  }
  return rounds;
}

std::map<int, Observation> at_main_speed(const std::map<int, Observation>& rounds) {
  std::map<int, Observation> kept;
  for (const auto& [round, observation] : rounds) {
    if (!observation.off_speed) kept.emplace(round, observation);
  }
  if (kept.empty() && !rounds.empty()) kept.insert(*rounds.begin());
  return kept;
}

std::optional<Interval> interval_of(std::span<const double> values, std::span<const double> lengths_s,
                                    double freedom_lost) {
  std::vector<double> weights;
  for (const double length_s : lengths_s) weights.push_back(information(length_s, lengths_s.front()));
  const std::optional<WeightedMean> mean = weighted_mean(values, weights);
  if (!mean) return std::nullopt;
  Interval interval;
  interval.mean = mean->mean;
  interval.standard_deviation = mean->standard_deviation;
  interval.rounds = static_cast<int>(values.size());
  if (mean->standard_error) {
    const double freedom = interval.rounds - 1;
    const double freedom_left = std::max(1.0, freedom - freedom_lost);
    const double inflation = std::sqrt(freedom / freedom_left);
    interval.standard_deviation *= inflation;
    interval.half_width = student_t_two_sided(0.95, freedom_left) * *mean->standard_error * inflation;
  }
  return interval;
}

}  // namespace clear_native
