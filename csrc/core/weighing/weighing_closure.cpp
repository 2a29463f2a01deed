#include "weighing_closure.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <string>

#include "core/statistics/least_squares.hpp"
#include "pair_weights.hpp"

namespace clear_native {
namespace {

constexpr double least_freedom = 4;  // of the noise, that interactions are told from

struct EnergyAndTime {
  ValueByRound energies_j;
  ValueByRound times_s;
};

EnergyAndTime of_target(const Corrected& corrected, std::size_t target) {
  EnergyAndTime values;
  const std::map<int, Observation> rounds = by_round(corrected.observations[target]);
  for (const auto& [round, observation] : rounds) values.energies_j[round] = observation.energy_j;
  for (const auto& [round, observation] : at_main_speed(rounds)) values.times_s[round] = observation.time_s;
  return values;
}

/// Of the rounds that all of them have; absent parts make no sum.
ValueByRound sum_of_rounds(const std::vector<ValueByRound>& parts) {
  ValueByRound sums;
  if (parts.empty()) return sums;
  for (const auto& [round, first] : parts.front()) {
    double sum = 0;
    bool complete = true;
    for (const ValueByRound& part : parts) {
      const auto found = part.find(round);
      complete = complete && found != part.end();
      if (found != part.end()) sum += found->second;
    }
    if (complete) sums[round] = sum;
  }
  return sums;
}

ValueByRound scaled(ValueByRound values, double factor) {
  for (auto& [round, value] : values) value *= factor;
  return values;
}

std::optional<ClosureEstimate> ratio_less(const ValueByRound& numerators, const ValueByRound& denominators,
                                          const ValueByRound& lengths_s, double freedom_lost, double minus) {
  const std::optional<Interval> ratio = ratio_of_rounds(numerators, denominators, lengths_s, freedom_lost);
  if (!ratio) return std::nullopt;
  return ClosureEstimate{.ratio = ratio->mean - minus, .half_width = ratio->half_width};
}

/// Variance of the sum of all slopes over the sum of their variances, by the doses alone; 1 where each is told apart
/// from the others as well as can be.
double variance_of_sum(const std::vector<WeighedPair>& pairs, const std::vector<double>& weights,
                       std::size_t components) {
  if (weights.size() != pairs.size()) return 1;
  const std::optional<Matrix> covariances = inverse_of_positive(gram(doses_in(pairs, components, roots(weights))));
  if (!covariances) return 1;
  double alone = 0;
  double all = 0;
  for (std::size_t i = 0; i < components; ++i) {
    alone += (*covariances)(i, i);
    for (std::size_t k = 0; k < components; ++k) all += (*covariances)(i, k);
  }
  return all / alone;
}

/// Half-width of the energy closure by those of the components, whose deviations were drawn together: of the sums of
/// single rounds, which are few, too little is known where slow effects cost most of their degrees of freedom. Absent
/// where a component has none.
std::optional<double> half_width_of_closure(const ClosureEstimate& closure, const std::vector<Interval>& marginals_j,
                                            const std::vector<Interval>& measured_otherwise_j,
                                            const std::optional<Interval>& model_j, double variance_of_sum) {
  if (!model_j || !model_j->half_width || marginals_j.empty()) return std::nullopt;
  double sum_j = 0;
  double squares = 0;
  for (const Interval& marginal_j : marginals_j) {
    if (!marginal_j.half_width) return std::nullopt;
    sum_j += marginal_j.mean;
    squares += variance_of_sum * std::pow(*marginal_j.half_width, 2);
  }
  for (const Interval& part_j : measured_otherwise_j) {
    if (!part_j.half_width) return std::nullopt;
    sum_j += part_j.mean;
    squares += std::pow(*part_j.half_width, 2);
  }
  if (sum_j <= 0 || model_j->mean <= 0) return std::nullopt;
  return closure.ratio * std::hypot(std::sqrt(squares) / sum_j, *model_j->half_width / model_j->mean);
}

/// The same where the two are of different rounds, as times at the main speed of two are: what they scatter is their
/// own.
std::optional<ClosureEstimate> ratio_of_means(const ValueByRound& numerators, const ValueByRound& denominators,
                                              double freedom_lost) {
  const std::optional<Interval> above = interval_of_rounds(numerators, {}, freedom_lost);
  const std::optional<Interval> whole = interval_of_rounds(denominators, {});
  if (!above || !whole || whole->mean <= 0 || above->mean <= 0) return std::nullopt;
  ClosureEstimate closure{.ratio = above->mean / whole->mean};
  if (above->half_width && whole->half_width) {
    closure.half_width = closure.ratio * std::hypot(*above->half_width / above->mean, *whole->half_width / whole->mean);
  }
  return closure;
}

/// Where all components have one sign, their two-way interactions do not cancel in the mean of the round.
std::vector<WeighedPair> balanced(const std::vector<WeighedPair>& pairs) {
  std::vector<WeighedPair> kept;
  std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(kept),
               [](const WeighedPair& pair) { return !pair.uniform; });
  return kept;
}

/// Mean over the foldover means of each round.
ValueByRound foldover_means_j(const std::vector<WeighedPair>& pairs) {
  std::map<int, int> counts;
  ValueByRound means_j;
  for (const WeighedPair& pair : pairs) {
    const int n = ++counts[pair.round];
    means_j[pair.round] += (pair.mean_energy_j - means_j[pair.round]) / n;
  }
  return means_j;
}

/// Which components are dosed together, whichever of the two windows is called the first.
std::string pattern_of(const WeighedPair& pair) {
  std::string pattern;
  for (const double dose : pair.component_doses) pattern += dose * pair.component_doses.front() > 0 ? '+' : '-';
  return pattern;
}

/// How far the foldover means of different patterns lie apart, with the noise taken out: patterns come back in later
/// designs, and what differs between windows of one pattern is noise (analysis of variance). Absent where too few
/// patterns came back.
std::optional<double> interactions_rms_j(const std::vector<WeighedPair>& pairs) {
  double level_j = 0;
  for (const WeighedPair& pair : pairs) level_j += pair.mean_energy_j / static_cast<double>(pairs.size());
  std::map<std::string, std::vector<double>> groups;
  for (const WeighedPair& pair : pairs) groups[pattern_of(pair)].push_back(pair.mean_energy_j - level_j);
  double within = 0;
  double between = 0;
  double all = 0;
  for (const auto& [pattern, values] : groups) {
    const double n = static_cast<double>(values.size());
    double mean = 0;
    for (const double value : values) mean += value / n;
    for (const double value : values) within += (value - mean) * (value - mean);
    between += n * mean * mean;
    all += n;
  }
  const double freedom_between = static_cast<double>(groups.size()) - 1;
  const double freedom_within = all - static_cast<double>(groups.size());
  if (freedom_between < 1 || freedom_within < least_freedom) return std::nullopt;
  const double excess = between - freedom_between * within / freedom_within;
  return std::sqrt(std::max(0.0, excess / all));
}

}  // namespace

void estimate_weighing_closures(WeighedRounds& result, const std::vector<TargetInfo>& references,
                                const Corrected& corrected, const Marginals& marginals,
                                const std::vector<WeighedPair>& pairs) {
  const std::optional<std::size_t> model = find_model(references);
  if (!model) return;
  const double lost = corrected.freedom_lost;
  const double lost_of_sum = lost + marginals.freedom_lost;
  const ValueByRound& lengths_s = marginals.lengths_s;
  const EnergyAndTime whole = of_target(corrected, *model);
  std::vector<ValueByRound> energies_j = marginals.energies_j;
  std::vector<ValueByRound> times_s = marginals.times_s;
  // What cannot be dosed runs once also where everything else is doubled.
  std::vector<ValueByRound> doubled_j;
  std::vector<ValueByRound> doubled_s;
  std::vector<Interval> measured_otherwise_j;
  for (std::size_t i = 0; i < references.size(); ++i) {
    const TargetRole role = references[i].role;
    if (role != TargetRole::component && role != TargetRole::doubled) continue;
    const EnergyAndTime part = of_target(corrected, i);
    doubled_j.push_back(part.energies_j);
    doubled_s.push_back(part.times_s);
    if (role != TargetRole::component) continue;
    energies_j.push_back(part.energies_j);
    times_s.push_back(part.times_s);
    measured_otherwise_j.push_back(result.rounds.targets[i].energy_per_pass_j.value_or(Interval{}));
  }
  result.rounds.energy_closure = ratio_less(sum_of_rounds(energies_j), whole.energies_j, lengths_s, lost_of_sum, 0);
  if (std::optional<ClosureEstimate>& closure = result.rounds.energy_closure;
      closure && result.marginals_j.size() == marginals.energies_j.size()) {
    const std::optional<double> half_width = half_width_of_closure(
        *closure, result.marginals_j, measured_otherwise_j, result.rounds.targets[*model].energy_per_pass_j,
        variance_of_sum(pairs, marginals.pair_weights, result.marginals_j.size()));
    if (half_width) closure->half_width = half_width;
  }
  const bool two_speeds = result.weighing.off_speed.has_value();
  result.rounds.time_closure = two_speeds
                                   ? ratio_of_means(sum_of_rounds(times_s), whole.times_s, marginals.time_freedom_lost)
                                   : ratio_less(sum_of_rounds(times_s), whole.times_s, lengths_s, 0, 0);
  if (find_role(references, TargetRole::doubled)) {
    result.weighing.homogeneity = ratio_less(sum_of_rounds(doubled_j), scaled(whole.energies_j, 2), {}, lost, 0);
    const ValueByRound twice_s = scaled(whole.times_s, 2);
    result.weighing.time_homogeneity = two_speeds ? ratio_of_means(sum_of_rounds(doubled_s), twice_s, 0)
                                                  : ratio_less(sum_of_rounds(doubled_s), twice_s, {}, 0, 0);
  }
  const std::optional<std::size_t> plain = find_role(references, TargetRole::plain);
  result.rounds.perturbation.reset();
  if (plain && *plain != *model) {
    result.rounds.perturbation = ratio_less(whole.energies_j, of_target(corrected, *plain).energies_j, {}, lost, 1);
  }
  const std::vector<WeighedPair> mixed = balanced(pairs);
  result.weighing.curvature = ratio_less(foldover_means_j(mixed), whole.energies_j, lengths_s, lost, 1);
  const std::optional<Interval>& energy = result.rounds.targets[*model].energy_per_pass_j;
  const std::optional<double> interactions_j = interactions_rms_j(mixed);
  if (energy && interactions_j) result.weighing.interactions_rms = *interactions_j / energy->mean;
}

}  // namespace clear_native
