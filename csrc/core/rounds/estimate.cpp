#include "estimate.hpp"

#include <cstddef>
#include <map>

#include "corrected.hpp"
#include "observations.hpp"
#include "target_estimate.hpp"
#include "target_status.hpp"

namespace clear_native {
namespace {

using ByRound = std::map<int, Observation>;

template <class Value>
std::optional<Interval> interval_over(const ByRound& observations, Value value, double freedom_lost = 0) {
  std::vector<double> values;
  std::vector<double> lengths_s;
  for (const auto& [round, observation] : observations) {
    values.push_back(value(observation));
    lengths_s.push_back(observation.length_s);
  }
  return interval_of(values, lengths_s, freedom_lost);
}

/// Minus the idle power of the same round times the time: both then have the drift of their round.
std::optional<Interval> above_idle(const ByRound& observations, const ByRound& idle, double freedom_lost) {
  std::vector<double> values;
  std::vector<double> lengths_s;
  for (const auto& [round, observation] : observations) {
    const auto found = idle.find(round);
    if (found == idle.end()) continue;
    const double idle_power_w = found->second.energy_j / found->second.time_s;
    values.push_back(observation.energy_j - idle_power_w * observation.time_s);
    lengths_s.push_back(observation.length_s);
  }
  return interval_of(values, lengths_s, freedom_lost);
}

std::optional<ClosureEstimate> closure_of(const std::vector<double>& ratios, double minus) {
  const std::vector<double> equal_lengths_s(ratios.size(), 1.0);
  const std::optional<Interval> interval = interval_of(ratios, equal_lengths_s);
  if (!interval) return std::nullopt;
  return ClosureEstimate{.ratio = interval->mean - minus, .half_width = interval->half_width};
}

/// Sum over `parts` over `whole`, for every round that has all of them.
template <class Value>
std::vector<double> ratios_by_round(const std::vector<ByRound>& parts, const ByRound& whole, Value value) {
  std::vector<double> ratios;
  for (const auto& [round, reference] : whole) {
    double sum = 0;
    bool complete = !parts.empty() && value(reference) > 0;
    for (const ByRound& part : parts) {
      const auto found = part.find(round);
      complete = complete && found != part.end();
      if (found != part.end()) sum += value(found->second);
    }
    if (complete) ratios.push_back(sum / value(reference));
  }
  return ratios;
}

double energy_of(const Observation& observation) {
  return observation.energy_j;
}
double time_of(const Observation& observation) {
  return observation.time_s;
}
double power_of(const Observation& observation) {
  return observation.energy_j / observation.time_s;
}

void estimate_closures(RoundsEstimate& result, const std::vector<ByRound>& observations,
                       const std::vector<TargetInfo>& targets) {
  const std::optional<std::size_t> model = find_model(targets);
  if (!model) return;
  const ByRound& whole = observations[*model];
  std::vector<ByRound> components;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].role == TargetRole::component) components.push_back(observations[i]);
  }
  result.energy_closure = closure_of(ratios_by_round(components, whole, energy_of), 0);
  result.time_closure = closure_of(ratios_by_round(components, whole, time_of), 0);
  const std::optional<std::size_t> plain = find_role(targets, TargetRole::plain);
  if (!plain || *plain == *model) return;
  const ByRound& reference = observations[*plain];
  result.perturbation = closure_of(ratios_by_round({whole}, reference, energy_of), 1);
}

/// Of all targets, by the model's energy and time.
void judge_precisions(RoundsEstimate& result, const std::vector<TargetInfo>& targets, const PrecisionRule& rule) {
  const std::optional<std::size_t> model = find_model(targets);
  const double energy_j = model ? result.targets[*model].energy_per_pass_j.value_or(Interval{}).mean : 0;
  const double time_s = model ? result.targets[*model].time_per_pass_s.value_or(Interval{}).mean : 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    judge_precision(result.targets[i], targets[i].role, energy_j, time_s, rule);
  }
}

TargetEstimate estimate_target(const std::vector<Window>& windows, const TargetInfo& target,
                               const ByRound& observations, const ByRound& idle, double freedom_lost) {
  TargetEstimate estimate;
  estimate.name = target.name;
  estimate.energy_per_pass_j = interval_over(observations, energy_of, freedom_lost);
  estimate.time_per_pass_s = interval_over(at_main_speed(observations), time_of);
  estimate.power_w = interval_over(observations, power_of, freedom_lost);
  if (target.role != TargetRole::idle) estimate.energy_above_idle_j = above_idle(observations, idle, freedom_lost);
  const std::vector<const Window*> own = windows_of(windows, target.name);
  estimate.statuses = operating_statuses(own);
  const std::optional<Interval> sensors = counter_over_samples(own);
  if (sensors) {
    estimate.counter_over_samples = sensors->mean;
    if (sensors_disagree(*sensors)) add_status(estimate, "sensors_disagree");
  }
  judge_resolution(estimate, !own.empty());
  return estimate;
}

void compare_clocks(RoundsEstimate& result, const std::vector<Window>& windows,
                    const std::vector<TargetInfo>& targets) {
  const std::optional<std::size_t> preserved = find_role(targets, TargetRole::preserved);
  if (!preserved) return;
  const std::optional<double> model_mhz = mean_sm_clock_mhz(windows_of(windows, targets[*preserved].name));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].role != TargetRole::component) continue;
    if (clocks_apart(mean_sm_clock_mhz(windows_of(windows, targets[i].name)), model_mhz)) {
      add_status(result.targets[i], "clocks_apart");
    }
  }
}

}  // namespace

RoundsEstimate estimate_rounds(const std::vector<Window>& windows, const std::vector<TargetInfo>& targets,
                               const PrecisionRule& rule) {
  return estimate_rounds(windows, targets, rule, corrected_observations(windows, targets));
}

RoundsEstimate estimate_rounds(const std::vector<Window>& windows, const std::vector<TargetInfo>& targets,
                               const PrecisionRule& rule, const Corrected& corrected) {
  RoundsEstimate result;
  if (corrected.effects) {
    result.drift_per_hour = corrected.effects->drift_per_s * 3600;
    result.carry_over_per_w = corrected.effects->carry_over_per_w;
    result.temperature_per_k = corrected.effects->temperature_per_k;
  }
  std::vector<ByRound> observations;
  observations.reserve(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) observations.push_back(by_round(corrected.observations[i]));
  const std::optional<std::size_t> idle_target = find_role(targets, TargetRole::idle);
  const ByRound idle = idle_target ? observations[*idle_target] : ByRound{};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    result.targets.push_back(estimate_target(windows, targets[i], observations[i], idle, corrected.freedom_lost));
    widen_energies(result.targets.back(), corrected.relative_errors[i]);
  }
  compare_clocks(result, windows, targets);
  estimate_closures(result, observations, targets);
  judge_precisions(result, targets, rule);
  std::vector<const Window*> all;
  all.reserve(windows.size());
  for (const Window& window : windows) all.push_back(&window);
  result.sensors = counter_over_samples(all);
  if (result.sensors && sensors_disagree(*result.sensors)) result.statuses.emplace_back("sensors_disagree");
  return result;
}

}  // namespace clear_native
