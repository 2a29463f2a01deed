#include "weighing_plan.hpp"

#include <algorithm>
#include <cmath>

#include "core/rounds/plan.hpp"

namespace clear_native {
namespace {

// Of the half-width asked for: the pilot knows its noise only so well, and the widest of several intervals is what has
// to reach it.
constexpr double margin = 0.88;
// Of the model's time. With more, simulated models that bend had intervals that held too seldom.
constexpr double tolerated_bend = 0.001;
constexpr double least_bend = 1e-6;
constexpr double least_gain = 1.05;     // of the fraction
constexpr double fitting_share = 0.98;  // of the time left: overheads are only known so well

/// How precise the marginals must become, as one target: the same windows tell of all components, so that their
/// deviations are alike in joules and are drawn together on that scale. The hardest to reach decides.
PilotTarget dosed_target(const WeighedRounds& pilot, const WeighingDurations& durations, double overhead_s, double rows,
                         const RoundsOptions& options) {
  PilotTarget target{.pilot_duration_s = durations.dosed.duration_s,
                     .overhead_s = overhead_s,
                     .windows_per_round = rows,
                     .pooled = true,
                     .max_duration_s = std::max(options.dosed_max_duration_s, durations.dosed.duration_s)};
  double variances = 0;
  for (const Interval& marginal : pilot.marginals_j) variances += std::pow(marginal.standard_deviation, 2);
  const double common = variances / static_cast<double>(std::max<std::size_t>(1, pilot.marginals_j.size()));
  double hardest = 0;
  for (const Interval& marginal : pilot.marginals_j) {
    const double required_j =
        std::max(options.precision * std::abs(marginal.mean), options.precision_of_model * pilot.model_energy_j);
    const double deviation_j = std::sqrt((std::pow(marginal.standard_deviation, 2) + common) / 2);
    if (required_j <= 0 || deviation_j / required_j <= hardest) continue;
    hardest = deviation_j / required_j;
    target.required_half_width = margin * required_j;
    target.standard_deviation = deviation_j;
    target.mean = pilot.model_energy_j > 0 ? pilot.model_energy_j : std::abs(marginal.mean);
  }
  return target;
}

std::vector<PilotTarget> targets_of(const WeighedRounds& pilot, const WeighingDurations& durations,
                                    const std::vector<double>& overheads_s, double rows, const RoundsOptions& options) {
  std::vector<PilotTarget> targets = {dosed_target(pilot, durations, overheads_s[dosed_kind], rows, options)};
  for (std::size_t i = 0; i < durations.references.size(); ++i) {
    const TargetEstimate& estimate = pilot.rounds.targets[i];
    PilotTarget target{.pilot_duration_s = durations.references[i].duration_s,
                       .overhead_s = overheads_s[dosed_kind + 1 + i],
                       .windows_per_round = static_cast<double>(durations.repeats[i]) / durations.every[i],
                       .max_duration_s = durations.references[i].duration_s};
    if (estimate.energy_per_pass_j && durations.every[i] == 1) {
      target.required_half_width = estimate.required_half_width_j.value_or(0);
      target.mean = estimate.energy_per_pass_j->mean;
      target.standard_deviation = estimate.energy_per_pass_j->standard_deviation;
    }
    targets.push_back(target);
  }
  return targets;
}

}  // namespace

double fraction_after_pilot(const WeighedRounds& pilot, const Fractions& fractions) {
  const double fraction = fractions.of_pilot;
  if (!pilot.rounds.time_closure || !pilot.weighing.time_scatter || pilot.weighing.off_speed) return fraction;
  const double miss = std::abs(pilot.rounds.time_closure->ratio - 1);
  const double scatter = *pilot.weighing.time_scatter;
  if (!std::isfinite(miss) || !std::isfinite(scatter)) return fraction;
  // What slopes miss of the derivative grows as the square of the doses, what is of third order as their cube.
  const double by_miss = fraction * std::sqrt(tolerated_bend / std::max(miss, least_bend));
  const double by_scatter = fraction * std::cbrt(tolerated_bend / std::max(scatter, least_bend));
  const double bearable = std::min(by_miss, by_scatter);
  return bearable > least_gain * fraction ? std::max(fraction, std::min(bearable, fractions.largest)) : fraction;
}

WeighingPlan plan_weighing(const WeighedRounds& found, const WeighingDurations& durations,
                           const std::vector<double>& overheads_s, double rows, const RoundsOptions& options,
                           double left_s, const Fractions& fractions) {
  WeighedRounds pilot = found;
  const double fraction = fraction_after_pilot(found, fractions);
  const double noise = fractions.of_pilot / fraction;  // of the rounds to come, over the pilot's
  for (Interval& marginal : pilot.marginals_j) marginal.standard_deviation *= noise;
  const Plan plan =
      plan_rounds(targets_of(pilot, durations, overheads_s, rows, options), {.pilot_rounds = options.pilot_rounds,
                                                                             .min_rounds = options.min_rounds,
                                                                             .max_rounds = options.max_rounds,
                                                                             .min_duration_s = options.min_duration_s,
                                                                             .max_duration_s = options.max_duration_s});
  WeighingPlan result{.rounds = plan.rounds,
                      .dosed_duration_s = plan.durations_s.front(),
                      .fraction = fraction,
                      .stop_reason = plan.reaches_precision ? StopReason::precision_planned : StopReason::max_rounds};
  // The pilot's rounds tell as much as so many fewer of those to come.
  const int more = static_cast<int>(std::lround(options.pilot_rounds * (1 - noise * noise)));
  if (plan.rounds > options.min_rounds) result.rounds = std::min(plan.rounds + more, options.max_rounds);
  if (plan.remaining_s + (result.rounds - plan.rounds) * plan.round_s <= left_s) return result;
  result.stop_reason = StopReason::max_time;
  const int fitting = options.pilot_rounds + static_cast<int>(std::max(0.0, left_s) / plan.round_s);
  if (fitting >= options.min_rounds) {
    result.rounds = std::min(fitting, options.max_rounds);
    return result;
  }
  result.rounds = options.min_rounds;
  const int more_rounds = options.min_rounds - options.pilot_rounds;
  if (more_rounds <= 0) return result;
  const double others_s = plan.round_s - rows * plan.durations_s.front();
  const double fits_s = (left_s / more_rounds - others_s) / rows * fitting_share;
  result.dosed_duration_s = std::clamp(fits_s, durations.dosed.duration_s, plan.durations_s.front());
  return result;
}

}  // namespace clear_native
