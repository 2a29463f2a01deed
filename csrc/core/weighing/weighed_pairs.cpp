#include "weighed_pairs.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/statistics/least_squares.hpp"

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

std::vector<double> half_difference(std::vector<double> plus, const std::vector<double>& minus) {
  for (std::size_t i = 0; i < plus.size(); ++i) plus[i] = (plus[i] - minus[i]) / 2;
  return plus;
}

}  // namespace

std::vector<TargetInfo> row_targets(const WeighingLayout& layout) {
  std::vector<TargetInfo> targets;
  for (int pair = 0; pair < static_cast<int>(pairs_per_round(layout)); ++pair) {
    for (const int sign : {1, -1}) targets.push_back({.name = row_name(pair, sign), .role = TargetRole::dosed});
  }
  return targets;
}

std::vector<WeighedPair> weighed_pairs(const std::vector<Window>& windows, const std::vector<Observations>& rows,
                                       const WeighingLayout& layout) {
  const std::map<std::pair<int, std::string>, Doses> doses = doses_of(windows);
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
                       .length_s = std::min(plus.length_s, minus->second.length_s),
                       .mean_energy_j = (plus.energy_j + minus->second.energy_j) / 2});
    }
  }
  return pairs;
}

Observations levelled(const std::vector<Window>& windows, const std::vector<Observations>& rows,
                      const WeighingLayout& layout) {
  const std::size_t components = layout.components.size();
  const Marginals marginals = marginals_of(weighed_pairs(windows, rows, layout), components);
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
  return all;
}

Marginals marginals_of(const std::vector<WeighedPair>& pairs, std::size_t components) {
  std::map<int, std::vector<const WeighedPair*>> rounds;
  for (const WeighedPair& pair : pairs) rounds[pair.round].push_back(&pair);
  Marginals marginals{.energies_j = std::vector<ValueByRound>(components),
                      .times_s = std::vector<ValueByRound>(components),
                      .lengths_s = {}};
  for (const auto& [round, own] : rounds) {
    Matrix doses(own.size(), components);
    std::vector<double> energies_j;
    std::vector<double> times_s;
    for (std::size_t row = 0; row < own.size(); ++row) {
      for (std::size_t i = 0; i < components; ++i) doses(row, i) = own[row]->component_doses[i];
      energies_j.push_back(own[row]->energy_j);
      times_s.push_back(own[row]->time_s);
    }
    const auto energy_slopes = least_squares(doses, energies_j);
    const auto time_slopes = least_squares(doses, times_s);
    if (!energy_slopes || !time_slopes) continue;
    for (const WeighedPair* pair : own) {
      marginals.lengths_s[round] += pair->length_s / static_cast<double>(own.size());
    }
    for (std::size_t i = 0; i < components; ++i) {
      marginals.energies_j[i][round] = (*energy_slopes)[i];
      marginals.times_s[i][round] = (*time_slopes)[i];
    }
  }
  return marginals;
}

}  // namespace clear_native
