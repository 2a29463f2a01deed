#include "estimate.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>

#include "observations.hpp"
#include "slow_effects.hpp"
#include "statistics.hpp"
#include "target_status.hpp"

namespace clear_native {
namespace {

using ByRound = std::map<int, Observation>;

ByRound by_round(const Observations& observations) {
  ByRound rounds;
  for (const Observation& observation : observations) rounds[observation.round] = observation;
  return rounds;
}

template <class Value>
std::optional<Interval> interval_over(const Observations& observations, Value value, double freedom_lost = 0) {
  std::vector<double> values;
  std::vector<double> lengths_s;
  for (const Observation& observation : observations) {
    values.push_back(value(observation));
    lengths_s.push_back(observation.length_s);
  }
  return interval_of(values, lengths_s, freedom_lost);
}

/// Minus the idle power of the same round times the time: both then have the drift of their round.
std::optional<Interval> above_idle(const Observations& observations, const ByRound& idle, double freedom_lost) {
  std::vector<double> values;
  std::vector<double> lengths_s;
  for (const Observation& observation : observations) {
    const auto found = idle.find(observation.round);
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

std::optional<std::size_t> find_role(const std::vector<TargetInfo>& targets, TargetRole role) {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].role == role) return i;
  }
  return std::nullopt;
}

/// The whole that components are parts of: the preserved model, else the plain one.
std::optional<std::size_t> find_model(const std::vector<TargetInfo>& targets) {
  const std::optional<std::size_t> preserved = find_role(targets, TargetRole::preserved);
  return preserved ? preserved : find_role(targets, TargetRole::plain);
}

/// Mean power of the model, else of everything.
double model_power_w(const std::vector<Observations>& observations, const std::vector<TargetInfo>& targets) {
  const std::optional<std::size_t> model = find_model(targets);
  double sum_w = 0;
  int counted = 0;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    if (model && i != *model) continue;
    for (const Observation& observation : observations[i]) {
      sum_w += power_of(observation);
      ++counted;
    }
  }
  return counted > 0 ? sum_w / counted : 0;
}

void estimate_closures(RoundsEstimate& result, const std::vector<Observations>& observations,
                       const std::vector<TargetInfo>& targets) {
  const std::optional<std::size_t> model = find_model(targets);
  if (!model) return;
  const ByRound whole = by_round(observations[*model]);
  std::vector<ByRound> components;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].role == TargetRole::component) components.push_back(by_round(observations[i]));
  }
  result.energy_closure = closure_of(ratios_by_round(components, whole, energy_of), 0);
  result.time_closure = closure_of(ratios_by_round(components, whole, time_of), 0);
  const std::optional<std::size_t> plain = find_role(targets, TargetRole::plain);
  if (!plain || *plain == *model) return;
  const ByRound reference = by_round(observations[*plain]);
  result.perturbation = closure_of(ratios_by_round({whole}, reference, energy_of), 1);
}

/// No number where there is none, or where its interval is wider than itself; and which of the two it is.
void judge_resolution(TargetEstimate& estimate, const std::vector<Window>& windows) {
  const std::optional<Interval>& energy = estimate.energy_per_pass_j;
  const bool resolved = energy && energy->mean > 0 && energy->half_width.value_or(0) < energy->mean;
  if (resolved) return;
  const bool measured =
      std::any_of(windows.begin(), windows.end(), [&](const Window& window) { return window.target == estimate.name; });
  const char* status = energy ? "below_resolution" : measured ? "too_few_ticks" : "not_measured";
  estimate.energy_per_pass_j.reset();
  estimate.energy_above_idle_j.reset();
  estimate.power_w.reset();
  estimate.statuses.insert(estimate.statuses.begin(), status);
}

/// An idle target's energy is watts; what it must be known to follows from what it is subtracted from.
void judge_precision(RoundsEstimate& result, const std::vector<TargetInfo>& targets, const PrecisionRule& rule) {
  const std::optional<std::size_t> model = find_model(targets);
  const Interval model_energy_j = model ? result.targets[*model].energy_per_pass_j.value_or(Interval{}) : Interval{};
  const Interval model_time_s = model ? result.targets[*model].time_per_pass_s.value_or(Interval{}) : Interval{};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    TargetEstimate& estimate = result.targets[i];
    if (!estimate.energy_per_pass_j) continue;
    double of_model = rule.of_model * model_energy_j.mean;
    if (targets[i].role == TargetRole::idle) of_model = model_time_s.mean > 0 ? of_model / model_time_s.mean : 0;
    const double required = std::max(rule.of_component * estimate.energy_per_pass_j->mean, of_model);
    estimate.required_half_width_j = required;
    const std::optional<double>& half_width = estimate.energy_per_pass_j->half_width;
    estimate.precision_reached = half_width && *half_width <= required;
  }
}

TargetEstimate estimate_target(const std::vector<Window>& windows, const TargetInfo& target,
                               const Observations& observations, const ByRound& idle, double freedom_lost) {
  TargetEstimate estimate;
  estimate.name = target.name;
  estimate.energy_per_pass_j = interval_over(observations, energy_of, freedom_lost);
  estimate.time_per_pass_s = interval_over(observations, time_of);
  estimate.power_w = interval_over(observations, power_of, freedom_lost);
  if (target.role != TargetRole::idle) estimate.energy_above_idle_j = above_idle(observations, idle, freedom_lost);
  estimate.statuses = operating_statuses(windows, target.name);
  const std::optional<Interval> sensors = counter_over_samples(windows, target.name);
  if (sensors) {
    estimate.counter_over_samples = sensors->mean;
    if (sensors_disagree(*sensors)) estimate.statuses.emplace_back("sensors_disagree");
  }
  judge_resolution(estimate, windows);
  return estimate;
}

}  // namespace

namespace {

/// What taking out the slow effects costs: degrees of freedom, and what is not known of the reference, per target.
struct FittedBefore {
  double freedom_lost = 0;
  std::vector<double> relative_errors;
};

void widen(std::optional<Interval>& interval, double relative_error) {
  if (!interval || !interval->half_width) return;
  const double half_width = student_t_two_sided(0.95, interval->rounds - 1) * relative_error * interval->mean;
  interval->half_width = std::hypot(*interval->half_width, half_width);
}

void widen(TargetEstimate& estimate, double relative_error) {
  widen(estimate.energy_per_pass_j, relative_error);
  widen(estimate.power_w, relative_error);
  if (!estimate.energy_above_idle_j || !estimate.energy_per_pass_j) return;
  const double gross_over_net = estimate.energy_per_pass_j->mean / estimate.energy_above_idle_j->mean;
  widen(estimate.energy_above_idle_j, relative_error * std::abs(gross_over_net));
}

}  // namespace

RoundsEstimate estimate_rounds(const std::vector<Window>& windows, const std::vector<TargetInfo>& targets,
                               const PrecisionRule& rule) {
  RoundsEstimate result;
  std::vector<Observations> observations;
  observations.reserve(targets.size());
  for (const TargetInfo& target : targets) observations.push_back(observations_of(windows, target.name));
  const std::optional<SlowEffects> effects = fit_slow_effects(observations);
  FittedBefore fitted;
  fitted.relative_errors.assign(targets.size(), 0);
  if (effects) {
    fitted.freedom_lost = 2.0 / static_cast<double>(targets.size());  // two slopes, fitted to all targets together
    result.drift_per_hour = effects->drift_per_s * 3600;
    result.carry_over_per_w = effects->carry_over_per_w;
    const SlowReference reference{.time_s = (windows.front().begin_s + windows.back().end_s) / 2,
                                  .power_before_w = model_power_w(observations, targets)};
    for (std::size_t i = 0; i < targets.size(); ++i) {
      fitted.relative_errors[i] = standard_error_of_reference(observations[i], *effects, reference);
    }
    remove_slow_effects(observations, *effects, reference);
  }
  const std::optional<std::size_t> idle_target = find_role(targets, TargetRole::idle);
  const ByRound idle = idle_target ? by_round(observations[*idle_target]) : ByRound{};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    result.targets.push_back(estimate_target(windows, targets[i], observations[i], idle, fitted.freedom_lost));
    widen(result.targets.back(), fitted.relative_errors[i]);
  }
  const std::optional<std::size_t> preserved = find_role(targets, TargetRole::preserved);
  if (preserved) {
    const std::optional<double> model_mhz = mean_sm_clock_mhz(windows, targets[*preserved].name);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (targets[i].role == TargetRole::component &&
          clocks_apart(mean_sm_clock_mhz(windows, targets[i].name), model_mhz)) {
        result.targets[i].statuses.emplace_back("clocks_apart");
      }
    }
  }
  estimate_closures(result, observations, targets);
  judge_precision(result, targets, rule);
  return result;
}

}  // namespace clear_native
