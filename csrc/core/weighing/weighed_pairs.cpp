#include "weighed_pairs.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "core/statistics/grouped_slopes.hpp"
#include "core/statistics/huber.hpp"
#include "core/windows/noise_model.hpp"
#include "pair_weights.hpp"

namespace clear_native {
namespace {

/// Doses of every dosed window, by round and target.
std::map<std::pair<int, std::string>, Doses> doses_of(const std::vector<Window>& windows) {
  std::map<std::pair<int, std::string>, Doses> doses;
  for (const Window& window : windows) {
    if (window.doses) doses[{window.round, window.target}] = doses_from_text(*window.doses);
  }
  return doses;
}

/// By round and target: how far the sensor's looks are expected to have moved a dosed window's energy, in joules.
std::map<std::pair<int, std::string>, double> beats_of(const std::vector<Window>& windows) {
  std::map<std::pair<int, std::string>, double> beats_j;
  for (const Window& window : windows) {
    if (!window.doses || !window.expected_beat || !window.energy_per_pass_j) continue;
    beats_j[{window.round, window.target}] = *window.expected_beat * *window.energy_per_pass_j;
  }
  return beats_j;
}

double beat_in(const std::map<std::pair<int, std::string>, double>& beats_j, int round, const std::string& target) {
  const auto found = beats_j.find({round, target});
  return found == beats_j.end() ? 0 : found->second;
}

/// Values about one level; those of windows of a pair's length weigh by it.
void tame_about_level(std::vector<double*> values, const std::vector<double>& weights) {
  Matrix level(values.size(), 1);
  std::vector<double> given;
  given.reserve(values.size());
  for (std::size_t row = 0; row < values.size(); ++row) {
    level(row, 0) = 1;
    given.push_back(*values[row]);
  }
  const std::optional<Tamed> found = tamed(level, given, weights);
  for (std::size_t row = 0; found && row < values.size(); ++row) *values[row] = found->values[row];
}

/// By the pairs; by single windows at the main speed where there are two. Where those do not tell all components apart,
/// the pairs as they were referred to it say what the slopes are, and nothing of how sure they are: one group.
std::optional<SlopesByGroup> time_slopes_of(const std::vector<WeighedPair>& pairs, std::size_t components,
                                            const std::vector<double>& factors, const std::vector<int>& rounds,
                                            const std::vector<TimedWindow>& timed) {
  if (std::optional<SlopesByGroup> found = slopes_of_timed(timed, components)) return found;
  std::vector<double> times_s;
  times_s.reserve(pairs.size());
  for (std::size_t row = 0; row < pairs.size(); ++row) times_s.push_back(factors[row] * pairs[row].time_s);
  const std::vector<int> groups = timed.empty() || pairs.empty() ? rounds : std::vector<int>(pairs.size(), rounds[0]);
  return slopes_by_group(doses_in(pairs, components, factors), times_s, groups);
}

/// Over pairs at the main speed.
std::optional<double> time_scatter_of(const std::vector<WeighedPair>& pairs, const std::vector<ValueByRound>& times_s) {
  std::vector<double> slopes_s;
  for (const ValueByRound& by_round : times_s) {
    double sum_s = 0;
    for (const auto& [round, time_s] : by_round) sum_s += time_s;
    slopes_s.push_back(sum_s / static_cast<double>(std::max<std::size_t>(1, by_round.size())));
  }
  double squares = 0;
  double spare = -static_cast<double>(slopes_s.size());
  for (const WeighedPair& pair : pairs) {
    if (pair.off_speed) continue;
    double rest_s = pair.time_s;
    for (std::size_t i = 0; i < slopes_s.size(); ++i) rest_s -= pair.component_doses[i] * slopes_s[i];
    squares += rest_s * rest_s;
    ++spare;
  }
  return spare >= 1 ? std::optional(std::sqrt(squares / spare)) : std::nullopt;
}

std::vector<double> half_difference(std::vector<double> plus, const std::vector<double>& minus) {
  for (std::size_t i = 0; i < plus.size(); ++i) plus[i] = (plus[i] - minus[i]) / 2;
  return plus;
}

}  // namespace

std::vector<TargetInfo> row_targets(const WeighingLayout& layout) {
  std::vector<TargetInfo> targets;
  for (int pair = 0; pair < static_cast<int>(pairs_per_design(layout)); ++pair) {
    for (const int sign : {1, -1}) targets.push_back({.name = row_name(pair, sign), .role = TargetRole::dosed});
  }
  return targets;
}

std::vector<WeighedPair> weighed_pairs(const std::vector<Window>& windows, const std::vector<Observations>& rows,
                                       const WeighingLayout& layout) {
  const std::map<std::pair<int, std::string>, Doses> doses = doses_of(windows);
  const std::map<std::pair<int, std::string>, double> beats_j = beats_of(windows);
  std::vector<WeighedPair> pairs;
  for (std::size_t i = 0; i + 1 < rows.size(); i += 2) {
    const int number = static_cast<int>(i / 2);
    const std::map<int, Observation> minus_rounds = by_round(rows[i + 1]);
    for (const auto& [round, plus] : by_round(rows[i])) {
      const auto minus = minus_rounds.find(round);
      if (minus == minus_rounds.end()) continue;
      const Doses& plus_doses = doses.at({round, row_name(number, 1)});
      const Doses& minus_doses = doses.at({round, row_name(number, -1)});
      pairs.push_back({.round = round,
                       .pair = number,
                       .uniform = is_uniform(layout, number),
                       .component_doses =
                           half_difference(component_doses(layout, plus_doses), component_doses(layout, minus_doses)),
                       .call_doses = half_difference(call_doses(layout, plus_doses), call_doses(layout, minus_doses)),
                       .energy_j = (plus.energy_j - minus->second.energy_j) / 2,
                       .time_s = (plus.time_s - minus->second.time_s) / 2,
                       .off_speed = plus.off_speed || minus->second.off_speed,
                       .beat_j = std::hypot(beat_in(beats_j, round, row_name(number, 1)),
                                            beat_in(beats_j, round, row_name(number, -1))) /
                                 2,
                       .length_s = std::min(plus.length_s, minus->second.length_s),
                       .mean_energy_j = (plus.energy_j + minus->second.energy_j) / 2});
    }
  }
  return pairs;
}

std::optional<int> tame_energies(std::vector<WeighedPair>& pairs, std::size_t components) {
  const std::vector<double> weights = energy_weights(pairs, components);
  const std::vector<double> lengths = length_weights(pairs);
  const Matrix doses = doses_in(pairs, components, std::vector<double>(pairs.size(), 1));
  std::vector<double> energies_j;
  std::vector<double*> sums_j;
  std::vector<double> weights_of_sums;
  for (std::size_t row = 0; row < pairs.size(); ++row) {
    energies_j.push_back(pairs[row].energy_j);
    if (pairs[row].uniform) continue;  // two-way interactions do not cancel in their mean
    sums_j.push_back(&pairs[row].mean_energy_j);
    weights_of_sums.push_back(lengths[row]);
  }
  tame_about_level(std::move(sums_j), weights_of_sums);
  const std::optional<Tamed> found = tamed(doses, energies_j, weights);
  if (!found) return std::nullopt;
  for (std::size_t row = 0; row < pairs.size(); ++row) pairs[row].energy_j = found->values[row];
  return found->wild;
}

Observations levelled(const std::vector<Window>& windows, const std::vector<Observations>& rows,
                      const WeighingLayout& layout) {
  const std::size_t components = layout.components.size();
  std::vector<WeighedPair> pairs = weighed_pairs(windows, rows, layout);
  tame_energies(pairs, components);
  const Marginals marginals = marginals_of(pairs, components);
  std::vector<double> slopes_j;
  for (const ValueByRound& energies_j : marginals.energies_j) {
    const std::optional<Interval> mean = interval_of_rounds(energies_j, marginals.lengths_s);
    if (!mean) return {};
    slopes_j.push_back(mean->mean);
  }
  double level_j = 0;
  double counted = 0;
  for (const Observations& row : rows) {
    for (const Observation& observation : row) level_j += (observation.energy_j - level_j) / ++counted;
  }
  const std::map<std::pair<int, std::string>, Doses> doses = doses_of(windows);
  Observations all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const Observation& observation : rows[i]) {
      const std::string name = row_name(static_cast<int>(i / 2), i % 2 == 0 ? 1 : -1);
      const std::vector<double> of = component_doses(layout, doses.at({observation.round, name}));
      double expected_j = level_j;
      for (std::size_t component = 0; component < components; ++component) {
        expected_j += of[component] * slopes_j[component];
      }
      if (expected_j <= 0) continue;
      all.push_back(observation);
      all.back().energy_j /= expected_j;
    }
  }
  std::vector<double*> energies;
  std::vector<double> weights;
  for (Observation& observation : all) {
    energies.push_back(&observation.energy_j);
    weights.push_back(information(observation.length_s, 1));
  }
  tame_about_level(std::move(energies), weights);
  return all;
}

Marginals marginals_of(const std::vector<WeighedPair>& pairs, std::size_t components,
                       const std::vector<TimedWindow>& timed) {
  Marginals marginals{.energies_j = std::vector<ValueByRound>(components),
                      .times_s = std::vector<ValueByRound>(components),
                      .pair_weights = {},
                      .lengths_s = {},
                      .time_scatter_s = std::nullopt};
  const std::vector<double> weights = energy_weights(pairs, components);
  const std::vector<double> energy_factors = roots(weights);
  const std::vector<double> lengths = length_weights(pairs);
  std::vector<int> rounds;
  std::vector<double> energies_j;
  double length_s = 0;
  for (std::size_t row = 0; row < pairs.size(); ++row) {
    rounds.push_back(pairs[row].round);
    energies_j.push_back(energy_factors[row] * pairs[row].energy_j);
    length_s += pairs[row].length_s / static_cast<double>(pairs.size());
  }
  const std::optional<SlopesByGroup> energy_slopes =
      slopes_by_group(doses_in(pairs, components, energy_factors), energies_j, rounds);
  const std::optional<SlopesByGroup> time_slopes = time_slopes_of(pairs, components, roots(lengths), rounds, timed);
  if (!energy_slopes || !time_slopes) return marginals;
  marginals.energies_j = energy_slopes->values;
  marginals.times_s = time_slopes->values;
  if (!timed.empty()) marginals.time_freedom_lost = time_slopes->freedom_lost;
  marginals.time_scatter_s = time_scatter_of(pairs, marginals.times_s);
  marginals.pair_weights = weights;
  // Pairs that weigh little for their length tell little of the noise, and so do rounds of such pairs.
  const double pairs_lost = effective_count(lengths) - effective_count(weights);
  const double rounds_lost =
      effective_count(sums_by_round(rounds, lengths)) - effective_count(sums_by_round(rounds, weights));
  marginals.spare_pairs = std::max(std::min(1.0, energy_slopes->spare_rows), energy_slopes->spare_rows - pairs_lost);
  marginals.freedom_lost = energy_slopes->freedom_lost + std::max(0.0, rounds_lost);
  for (const auto& [round, value] : marginals.energies_j.front()) marginals.lengths_s[round] = length_s;
  return marginals;
}

}  // namespace clear_native
