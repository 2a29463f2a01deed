#include "rounds.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>

#include "plan.hpp"
#include "round_loop.hpp"
#include "round_runner.hpp"

namespace clear_native {
namespace {

constexpr double ticks_without_samples = 5.5;  // periods: a window needs five ticks where it has nothing else

void require(bool condition, const std::string& message) {
  if (!condition) throw Error(ErrorKind::bad_input, message);
}

std::vector<double> pilot_durations(const std::vector<Target>& targets, const RoundsOptions& options,
                                    double shortest_s) {
  std::vector<double> durations_s;
  durations_s.reserve(targets.size());
  for (const Target& target : targets) {
    durations_s.push_back(target.duration_s.value_or(std::max(options.window.duration_s, shortest_s)));
  }
  return durations_s;
}

Plan plan_from_pilot(const RoundsEstimate& pilot, const RoundRunner& rounds, const std::vector<double>& pilot_s,
                     const RoundsOptions& options, double shortest_s) {
  std::vector<PilotTarget> targets;
  for (std::size_t i = 0; i < pilot.targets.size(); ++i) {
    const TargetEstimate& estimate = pilot.targets[i];
    PilotTarget target{.pilot_duration_s = pilot_s[i], .overhead_s = rounds.overhead_s(i)};
    if (estimate.energy_per_pass_j && estimate.required_half_width_j) {
      target.mean = estimate.energy_per_pass_j->mean;
      target.standard_deviation = estimate.energy_per_pass_j->standard_deviation;
      target.required_half_width = *estimate.required_half_width_j;
    }
    targets.push_back(target);
  }
  PlanLimits limits{.pilot_rounds = options.pilot_rounds,
                    .min_rounds = options.min_rounds,
                    .max_rounds = options.max_rounds,
                    .min_duration_s = std::max(options.min_duration_s, shortest_s),
                    .max_duration_s = std::max(options.max_duration_s, shortest_s)};
  return plan_rounds(targets, limits);
}

/// The same targets in every round; the plan sets how long their windows are.
class TargetRounds final : public RoundSource {
 public:
  TargetRounds(RoundRunner& rounds, const MeterTraits& traits, const std::vector<Target>& targets,
               const RoundsOptions& options, const RoundsResult& result)
      : rounds_(rounds),
        targets_(targets),
        options_(options),
        result_(result),
        shortest_s_(shortest_window_s(traits)),
        pilot_s_(pilot_durations(targets, options, shortest_s_)),
        durations_s_(pilot_s_) {}

  WindowRunner::End run(int round) override { return rounds_.run(round, durations_s_); }
  [[nodiscard]] double expected_round_s() const override { return rounds_.expected_round_s(durations_s_); }

  [[nodiscard]] int windows_of(int /*round*/) const override { return static_cast<int>(targets_.size()); }

  RoundsPlan plan() override {
    const RoundsEstimate pilot = estimate_rounds(result_.windows, infos_of(targets_), precision_rule(options_));
    const Plan plan = plan_from_pilot(pilot, rounds_, pilot_s_, options_, shortest_s_);
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      if (!targets_[i].duration_s) durations_s_[i] = plan.durations_s[i];
    }
    return {.rounds = plan.rounds,
            .stop_reason = plan.reaches_precision ? StopReason::precision_planned : StopReason::max_rounds};
  }

 private:
  RoundRunner& rounds_;
  const std::vector<Target>& targets_;
  const RoundsOptions& options_;
  const RoundsResult& result_;
  double shortest_s_;
  std::vector<double> pilot_s_;
  std::vector<double> durations_s_;
};

}  // namespace

void check_options(const RoundsOptions& options) {
  require(std::isfinite(options.precision) && options.precision > 0,
          "precision is " + std::to_string(options.precision) + "; it must be positive, for example 0.01 for 1 %.");
  require(options.precision_of_model >= 0, "precision_of_model must not be negative.");
  require(options.max_time_s > 0,
          "max_time is " + std::to_string(options.max_time_s) + " s; it must be positive, for example 60.");
  require(options.pilot_rounds >= 2,
          "pilot_rounds is " + std::to_string(options.pilot_rounds) + "; a deviation between rounds needs at least 2.");
  require(options.min_rounds >= options.pilot_rounds && options.max_rounds >= options.min_rounds,
          "Rounds must satisfy pilot_rounds <= min_rounds <= max_rounds; seen " + std::to_string(options.pilot_rounds) +
              ", " + std::to_string(options.min_rounds) + ", " + std::to_string(options.max_rounds) + ".");
  require(options.min_duration_s > 0 && options.max_duration_s >= options.min_duration_s,
          "Windows must satisfy 0 < min_duration_s <= max_duration_s.");
  require(options.dosed_duration_s > 0 && options.dosed_lead_in_s >= 0 && options.near_lead_in_max_s >= 0 &&
              options.reference_duration_s > 0,
          "dosed_duration_s and reference_duration_s must be positive, and lead-ins must not be negative.");
  require(options.dosed_max_duration_s >= options.dosed_duration_s,
          "dosed_max_duration_s is " + std::to_string(options.dosed_max_duration_s) +
              " s, less than dosed_duration_s; set both to the same to fix the length of dosed windows.");
  require(options.uniform_pairs >= 0,
          "uniform_pairs is " + std::to_string(options.uniform_pairs) + "; a design cannot have fewer than none.");
  require(options.largest_fraction > 0 && options.largest_fraction <= 1,
          "largest_fraction is " + std::to_string(options.largest_fraction) +
              "; it is the share of a component's cells that is dosed at most, above 0 and at most 1.");
  require(options.pairs_per_round >= 1, "pairs_per_round is " + std::to_string(options.pairs_per_round) +
                                            "; a round needs at least one pair of dosed windows.");
  require(options.chain_windows >= 1, "chain_windows is " + std::to_string(options.chain_windows) +
                                          "; every round needs at least one window of the whole chain.");
  require(options.window.duration_s > 0 && options.window.lead_in_min_s >= 0 &&
              options.window.lead_in_max_s >= options.window.lead_in_min_s,
          "A window needs a positive duration and a lead-in with 0 <= min <= max.");
}

void check_targets(const std::vector<Target>& targets) {
  require(!targets.empty(), "There is nothing to measure: the list of targets is empty.");
  std::set<std::string> names;
  std::set<TargetRole> roles;
  for (const Target& target : targets) {
    require(target.workload != nullptr, "Target '" + target.name + "' has no workload.");
    require(names.insert(target.name).second, "Two targets are named '" + target.name + "'; names must differ.");
    require(!target.duration_s || *target.duration_s > 0, "Target '" + target.name + "' has no positive duration.");
    const bool new_role = roles.insert(target.role).second;
    require(new_role || target.role == TargetRole::component,
            "Target '" + target.name + "' takes a role (plain, preserved or idle) that another target has already.");
  }
}

PrecisionRule precision_rule(const RoundsOptions& options) {
  return {.of_component = options.precision, .of_model = options.precision_of_model};
}

std::vector<TargetInfo> infos_of(const std::vector<Target>& targets) {
  std::vector<TargetInfo> infos;
  infos.reserve(targets.size());
  for (const Target& target : targets) infos.push_back({.name = target.name, .role = target.role});
  return infos;
}

const char* name_of(StopReason reason) noexcept {
  switch (reason) {
    case StopReason::precision_planned:
      return "precision_planned";
    case StopReason::max_time:
      return "max_time";
    case StopReason::max_rounds:
      return "max_rounds";
    case StopReason::interrupted:
      return "interrupted";
    case StopReason::failed:
      return "failed";
  }
  return "failed";
}

/// The shortest window that this meter makes something of.
double shortest_window_s(const MeterTraits& traits) {
  return traits.has_power_samples ? 0 : ticks_without_samples * traits.period_s;
}

void take_estimate(RoundsResult& result, RoundsEstimate estimate) {
  result.targets = std::move(estimate.targets);
  result.energy_closure = estimate.energy_closure;
  result.time_closure = estimate.time_closure;
  result.perturbation = estimate.perturbation;
  result.drift_per_hour = estimate.drift_per_hour;
  result.carry_over_per_w = estimate.carry_over_per_w;
  result.temperature_per_k = estimate.temperature_per_k;
  result.sensors = estimate.sensors;
  result.statuses = std::move(estimate.statuses);
}

RoundsResult run_rounds(TaskRunner& runner, EnergyMeter& meter, const std::vector<Target>& targets,
                        const RoundsOptions& options, const RoundsWatch& watch) {
  check_options(options);
  check_targets(targets);
  RoundsResult result;
  result.seed = options.seed;
  RoundRunner rounds(runner, meter, targets, options, watch, result);
  TargetRounds source(rounds, meter.traits(), targets, options, result);
  result.stop_reason = run_round_loop(rounds.windows(), source, options, result);
  take_estimate(result, estimate_rounds(result.windows, infos_of(targets), precision_rule(options)));
  result.elapsed_s = rounds.elapsed_s();
  return result;
}

}  // namespace clear_native
