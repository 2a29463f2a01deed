#include "weighing_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/rounds/target_status.hpp"
#include "core/statistics/center.hpp"
#include "core/statistics/moderated.hpp"
#include "core/statistics/statistics.hpp"
#include "off_speed.hpp"
#include "weighed_pairs.hpp"
#include "weighing_closure.hpp"
#include "weighing_layers.hpp"

namespace clear_native {
namespace {

constexpr double most_beat = 0.02;  // relative: four times what a window of the model scatters by
constexpr std::size_t fewest_steady = 4;

std::vector<const Window*> dosed_windows(const std::vector<Window>& windows) {
  std::vector<const Window*> dosed;
  for (const Window& window : windows) {
    if (window.doses) dosed.push_back(&window);
  }
  return dosed;
}

std::optional<double> mean_of(const std::vector<double>& values) {
  const std::optional<WeightedMean> mean = weighted_mean(values);
  return mean ? std::optional(mean->mean) : std::nullopt;
}

OperatingMeans operating_means(const std::vector<const Window*>& windows) {
  std::vector<double> sm_mhz;
  std::vector<double> memory_mhz;
  std::vector<double> temperatures_c;
  std::vector<double> powers_w;
  std::vector<double> capped;
  for (const Window* window : windows) {
    if (window->energy_per_pass_j && window->time_per_pass_s && *window->time_per_pass_s > 0) {
      powers_w.push_back(*window->energy_per_pass_j / *window->time_per_pass_s);
    }
    if (!window->operating_point) continue;
    const OperatingPoint& point = *window->operating_point;
    if (point.sm_clock_mhz) sm_mhz.push_back(*point.sm_clock_mhz);
    if (point.memory_clock_mhz) memory_mhz.push_back(*point.memory_clock_mhz);
    if (point.temperature_c) temperatures_c.push_back(*point.temperature_c);
    if (point.throttle_reasons) capped.push_back(is_power_capped(*window) ? 1 : 0);
  }
  return {.sm_clock_mhz = mean_of(sm_mhz),
          .memory_clock_mhz = mean_of(memory_mhz),
          .temperature_c = mean_of(temperatures_c),
          .power_w = mean_of(powers_w),
          .capped_share = mean_of(capped)};
}

/// A component's numbers from its marginals of every round.
TargetEstimate estimate_component(const std::string& name, const ValueByRound& energies_j, const ValueByRound& times_s,
                                  const ValueByRound& lengths_s, const ValueByRound& idle_w, double freedom_lost,
                                  double time_freedom_lost) {
  TargetEstimate estimate;
  estimate.name = name;
  estimate.energy_per_pass_j = interval_of_rounds(energies_j, lengths_s, freedom_lost);
  estimate.time_per_pass_s = interval_of_rounds(times_s, lengths_s, time_freedom_lost);
  estimate.power_w = ratio_of_rounds(energies_j, times_s, lengths_s, freedom_lost);
  ValueByRound above_j;
  for (const auto& [round, energy_j] : energies_j) {
    const auto power = idle_w.find(round);
    const auto time = times_s.find(round);
    if (power == idle_w.end() || time == times_s.end()) continue;
    above_j[round] = energy_j - power->second * time->second;
  }
  estimate.energy_above_idle_j = interval_of_rounds(above_j, lengths_s, freedom_lost);
  return estimate;
}

void judge_clocks_and_sensors(WeighedRounds& result, std::size_t references,
                              const std::vector<const Window*>& dosed_of_all) {
  const std::vector<std::string> statuses = operating_statuses(dosed_of_all);
  const bool apart = clocks_apart(result.weighing.dosed.sm_clock_mhz, result.weighing.model.sm_clock_mhz);
  for (std::size_t i = references; i < result.rounds.targets.size(); ++i) {
    TargetEstimate& estimate = result.rounds.targets[i];
    for (const std::string& status : statuses) add_status(estimate, status.c_str());
    if (apart) add_status(estimate, "clocks_apart");
    for (const std::string& status : result.rounds.statuses) add_status(estimate, status.c_str());
  }
}

/// Said of everything but idling: of a report, and so of all components.
void add_two_speeds(RoundsEstimate& rounds, const std::vector<TargetInfo>& references) {
  rounds.statuses.emplace_back("two_speeds");
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (references[i].role != TargetRole::idle) add_status(rounds.targets[i], "two_speeds");
  }
}

/// Energies that were referred to the main speed have the error of the times at it, for idle power.
void widen_referred(TargetEstimate& estimate, const std::optional<OffSpeed>& off_speed, const ValueByRound& idle_w) {
  std::optional<Interval>& energy = estimate.energy_per_pass_j;
  if (!off_speed || idle_w.empty() || !energy || !energy->half_width || !estimate.time_per_pass_s) return;
  const double half_width_s = estimate.time_per_pass_s->half_width.value_or(0);
  const double half_width_j = off_speed->share * idle_w.begin()->second * half_width_s;
  energy->half_width = std::hypot(*energy->half_width, half_width_j);
}

/// Of these rounds; where one has no window of idling, the mean of the others.
ValueByRound idle_power_w(const std::vector<TargetInfo>& references, const Corrected& corrected,
                          const std::vector<int>& rounds) {
  ValueByRound powers_w;
  const std::optional<std::size_t> idle = find_role(references, TargetRole::idle);
  if (!idle) return powers_w;
  double mean_w = 0;
  double counted = 0;
  for (const auto& [round, observation] : by_round(corrected.observations[*idle])) {
    powers_w[round] = observation.energy_j / observation.time_s;
    mean_w += (powers_w[round] - mean_w) / ++counted;
  }
  for (const int round : rounds) {
    if (counted > 0) powers_w.try_emplace(round, mean_w);
  }
  return powers_w;
}

/// Where passes last as long as the sensor's looks are apart, it sees the same part of each. Such windows of the model
/// go where most others tell better, as where the device runs at two speeds.
void drop_beating(Observations& observations) {
  const auto beats = [](const Observation& observation) { return observation.expected_beat.value_or(0) > most_beat; };
  const auto beating = static_cast<std::size_t>(std::count_if(observations.begin(), observations.end(), beats));
  if (2 * beating >= observations.size() || observations.size() - beating < fewest_steady) return;
  observations.erase(std::remove_if(observations.begin(), observations.end(), beats), observations.end());
}

/// The references' windows, then those of the rows.
Corrected corrected_weighing(const std::vector<Window>& windows, const std::vector<TargetInfo>& references,
                             const WeighingLayout& layout) {
  std::vector<Observations> observations;
  observations.reserve(references.size());
  for (const TargetInfo& target : references) {
    observations.push_back(observations_of(windows, target.name));
    drop_beating(observations.back());
  }
  for (const TargetInfo& row : row_targets(layout)) observations.push_back(observations_of(windows, row.name));
  refer_to_main_speed(observations, references);
  const auto first_row = observations.begin() + static_cast<std::ptrdiff_t>(references.size());
  std::vector<Observations> fitted(observations.begin(), first_row);
  const std::vector<Observations> rows(first_row, observations.end());
  fitted.push_back(levelled(windows, rows, layout));
  const double power_w = model_power_w(observations, references);
  return corrected_observations(std::move(observations), fitted, power_w);
}

/// Of all dosed windows together: they are all of one thing, the model near its own mix.
double relative_error_of(const std::vector<Observations>& rows, const Corrected& corrected) {
  if (!corrected.effects) return 0;
  Observations all;
  for (const Observations& row : rows) all.insert(all.end(), row.begin(), row.end());
  return standard_error_of_reference(all, *corrected.effects, corrected.reference);
}

/// Root mean square dose of every component: the smaller, the more noise of a window its marginal shows.
std::vector<double> typical_doses(const std::vector<WeighedPair>& pairs, std::size_t components) {
  std::vector<double> doses(components, 0);
  for (const WeighedPair& pair : pairs) {
    for (std::size_t i = 0; i < components; ++i) doses[i] += std::pow(pair.component_doses[i], 2);
  }
  for (double& dose : doses) dose = std::sqrt(dose / static_cast<double>(std::max<std::size_t>(1, pairs.size())));
  return doses;
}

/// A half-width moves as that of the energy did.
void rescale(std::optional<Interval>& interval, double factor) {
  if (!interval || !interval->half_width) return;
  interval->standard_deviation *= factor;
  interval->half_width = *interval->half_width * factor;
}

/// The windows that tell of one component tell of all: their noise is one, so the energies' deviations are drawn
/// together.
void moderate_energies(std::vector<TargetEstimate>& components, const std::vector<double>& doses, double freedom,
                       double most_freedom) {
  std::vector<Interval> intervals;
  intervals.reserve(components.size());
  for (const TargetEstimate& estimate : components)
    intervals.push_back(estimate.energy_per_pass_j.value_or(Interval{}));
  moderate(intervals, doses, freedom, most_freedom);
  for (std::size_t i = 0; i < components.size(); ++i) {
    std::optional<Interval>& energy = components[i].energy_per_pass_j;
    const double before = energy && energy->half_width ? *energy->half_width : 0;
    if (before <= 0) continue;
    const double factor = intervals[i].half_width.value_or(before) / before;
    energy = intervals[i];
    rescale(components[i].energy_above_idle_j, factor);
    rescale(components[i].power_w, factor);
  }
}

std::vector<TargetEstimate> estimate_components(const WeighingLayout& layout, const std::vector<WeighedPair>& pairs,
                                                const Marginals& marginals, const ValueByRound& idle_w,
                                                double freedom_lost) {
  std::vector<TargetEstimate> components;
  components.reserve(layout.components.size());
  for (std::size_t i = 0; i < layout.components.size(); ++i) {
    components.push_back(estimate_component(layout.components[i], marginals.energies_j[i], marginals.times_s[i],
                                            marginals.lengths_s, idle_w, freedom_lost, marginals.time_freedom_lost));
  }
  const double rounds = static_cast<double>(marginals.lengths_s.size());
  moderate_energies(components, typical_doses(pairs, components.size()), std::max(1.0, rounds - 1 - freedom_lost),
                    marginals.spare_pairs - freedom_lost);
  return components;
}

}  // namespace

WeighedRounds estimate_weighing(const std::vector<Window>& windows, const std::vector<TargetInfo>& references,
                                const WeighingLayout& layout, const PrecisionRule& rule) {
  const Corrected corrected = corrected_weighing(windows, references, layout);
  const auto first_row = corrected.observations.begin() + static_cast<std::ptrdiff_t>(references.size());
  const std::vector<Observations> rows(first_row, corrected.observations.end());
  std::vector<WeighedPair> pairs = weighed_pairs(windows, rows, layout);
  const std::optional<int> wild_pairs = tame_energies(pairs, layout.components.size());
  const Marginals marginals = marginals_of(pairs, layout.components.size(), timed_windows(windows, layout));
  const double relative_error = relative_error_of(rows, corrected);
  const std::vector<const Window*> dosed = dosed_windows(windows);

  WeighedRounds result;
  result.rounds = estimate_rounds(windows, references, rule, corrected);
  result.weighing.off_speed = off_speed_of(windows, references);
  if (result.weighing.off_speed) add_two_speeds(result.rounds, references);
  result.weighing.pairs = static_cast<int>(pairs_per_design(layout));
  result.weighing.wild_pairs = wild_pairs;
  result.weighing.dosed = operating_means(dosed);
  const std::optional<std::size_t> model = find_model(references);
  double model_time_s = 0;
  if (model) {
    const TargetEstimate& whole = result.rounds.targets[*model];
    result.weighing.model = operating_means(windows_of(windows, references[*model].name));
    result.model_energy_j = whole.energy_per_pass_j.value_or(Interval{}).mean;
    model_time_s = whole.time_per_pass_s.value_or(Interval{}).mean;
    if (marginals.time_scatter_s && model_time_s > 0) {
      result.weighing.time_scatter = *marginals.time_scatter_s / model_time_s;
    }
  }
  std::vector<int> rounds;
  for (const auto& [round, length_s] : marginals.lengths_s) rounds.push_back(round);
  std::vector<Interval> times_s;
  const ValueByRound idle_w = idle_power_w(references, corrected, rounds);
  for (TargetEstimate& estimate :
       estimate_components(layout, pairs, marginals, idle_w, corrected.freedom_lost + marginals.freedom_lost)) {
    widen_energies(estimate, relative_error);
    widen_referred(estimate, result.weighing.off_speed, idle_w);
    if (estimate.energy_per_pass_j && estimate.time_per_pass_s) {
      result.marginals_j.push_back(*estimate.energy_per_pass_j);
      times_s.push_back(*estimate.time_per_pass_s);
    }
    judge_resolution(estimate, !dosed.empty());
    judge_precision(estimate, TargetRole::dosed, result.model_energy_j, model_time_s, rule);
    result.rounds.targets.push_back(std::move(estimate));
  }
  judge_clocks_and_sensors(result, references.size(), dosed);
  estimate_weighing_closures(result, references, corrected, marginals, pairs);
  if (!result.marginals_j.empty()) {
    result.weighing.layers = estimate_layers(pairs, marginals.pair_weights, layout, result.marginals_j, times_s);
  }
  return result;
}

}  // namespace clear_native
