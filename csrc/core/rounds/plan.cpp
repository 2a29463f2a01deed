#include "plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>

#include "core/statistics/statistics.hpp"
#include "core/windows/noise_model.hpp"

namespace clear_native {
namespace {

/// Windows of the pilot's length that a target needs in all; 0 where nothing is required of it.
std::vector<double> pilot_windows_needed(const std::vector<PilotTarget>& targets, int pilot_rounds) {
  double sum_of_variances = 0;
  int counted = 0;
  for (const PilotTarget& target : targets) {
    if (target.required_half_width <= 0 || target.mean <= 0 || target.pooled) continue;
    sum_of_variances += std::pow(target.standard_deviation / target.mean, 2);
    ++counted;
  }
  const double common = counted > 0 ? sum_of_variances / counted : 0;
  const int own_freedom = std::max(1, pilot_rounds - 1);
  const double t = student_t_two_sided(0.95, 2 * own_freedom);
  std::vector<double> needed;
  for (const PilotTarget& target : targets) {
    if (target.required_half_width <= 0 || target.mean <= 0) {
      needed.push_back(0);
      continue;
    }
    const double own = std::pow(target.standard_deviation / target.mean, 2);
    const double deviation = target.mean * std::sqrt(target.pooled ? own : (own + common) / 2);
    needed.push_back(std::pow(t * deviation / target.required_half_width, 2));
  }
  return needed;
}

/// The plan for this number of rounds; `reaches_precision` is false where a window would have to be longer than
/// allowed.
Plan plan_for(int rounds, const std::vector<PilotTarget>& targets, const std::vector<double>& needed,
              const PlanLimits& limits) {
  Plan plan;
  plan.rounds = rounds;
  const int more_rounds = rounds - limits.pilot_rounds;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const double missing = needed[i] - limits.pilot_rounds;
    const bool own_limit = targets[i].max_duration_s > 0;
    const double longest_s = own_limit ? targets[i].max_duration_s : limits.max_duration_s;
    double duration_s = own_limit ? targets[i].pilot_duration_s : limits.min_duration_s;
    if (missing > 0 && more_rounds > 0) {
      duration_s = std::max(duration_s, duration_for(missing / more_rounds, targets[i].pilot_duration_s));
    }
    const bool too_long = duration_s > longest_s * (1 + 1e-9);
    if (too_long || (missing > 0 && more_rounds <= 0)) plan.reaches_precision = false;
    plan.durations_s.push_back(std::min(duration_s, longest_s));
    plan.round_s += targets[i].windows_per_round * (targets[i].overhead_s + plan.durations_s.back());
  }
  plan.remaining_s = plan.round_s * std::max(0, more_rounds);
  return plan;
}

}  // namespace

Plan plan_rounds(const std::vector<PilotTarget>& targets, const PlanLimits& limits) {
  const std::vector<double> needed = pilot_windows_needed(targets, limits.pilot_rounds);
  const int fewest = std::max(limits.min_rounds, limits.pilot_rounds);
  std::optional<Plan> best;
  for (int rounds = fewest; rounds <= limits.max_rounds; ++rounds) {
    Plan plan = plan_for(rounds, targets, needed, limits);
    if (plan.reaches_precision && (!best || plan.remaining_s < best->remaining_s)) best = std::move(plan);
  }
  return best ? *best : plan_for(std::max(fewest, limits.max_rounds), targets, needed, limits);
}

int rounds_to_reach(const std::vector<TargetEstimate>& targets, int done) {
  constexpr double no_more_than = 10;  // times the rounds: what is so far off is no matter of more rounds
  double widest = 0;                   // over what is required
  for (const TargetEstimate& target : targets) {
    if (target.precision_reached || !target.energy_per_pass_j || !target.required_half_width_j) continue;
    const std::optional<double>& half_width = target.energy_per_pass_j->half_width;
    if (half_width && *target.required_half_width_j > 0) {
      widest = std::max(widest, *half_width / *target.required_half_width_j);
    }
  }
  if (widest <= 1) return done;
  return std::max(done + 1, static_cast<int>(std::ceil(done * std::min(widest * widest, no_more_than))));
}

}  // namespace clear_native
