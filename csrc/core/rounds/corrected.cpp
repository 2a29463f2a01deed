#include "corrected.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/statistics/statistics.hpp"

namespace clear_native {
double model_power_w(const std::vector<Observations>& observations, const std::vector<TargetInfo>& targets) {
  const std::optional<std::size_t> model = find_model(targets);
  double sum_w = 0;
  int counted = 0;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    if (model && i != *model) continue;
    for (const Observation& observation : observations[i]) {
      sum_w += observation.energy_j / observation.time_s;
      ++counted;
    }
  }
  return counted > 0 ? sum_w / counted : 0;
}

Corrected corrected_observations(const std::vector<Window>& windows, const std::vector<TargetInfo>& targets) {
  std::vector<Observations> observations;
  observations.reserve(targets.size());
  for (const TargetInfo& target : targets) observations.push_back(observations_of(windows, target.name));
  const std::vector<Observations> fitted = observations;
  const double power_w = model_power_w(observations, targets);
  return corrected_observations(std::move(observations), fitted, power_w);
}

Corrected corrected_observations(std::vector<Observations> observations, const std::vector<Observations>& fitted,
                                 double model_power_w) {
  Corrected corrected;
  corrected.observations = std::move(observations);
  corrected.effects = fit_slow_effects(fitted);
  corrected.relative_errors.assign(corrected.observations.size(), 0);
  if (!corrected.effects) return corrected;
  corrected.freedom_lost = freedom_lost(fitted, *corrected.effects);
  corrected.reference = middle_of(corrected.observations, model_power_w);
  for (std::size_t i = 0; i < corrected.observations.size(); ++i) {
    corrected.relative_errors[i] =
        standard_error_of_reference(corrected.observations[i], *corrected.effects, corrected.reference);
  }
  remove_slow_effects(corrected.observations, *corrected.effects, corrected.reference);
  return corrected;
}

void widen(std::optional<Interval>& interval, double relative_error) {
  if (!interval || !interval->half_width) return;
  const double half_width = student_t_two_sided(0.95, interval->rounds - 1) * relative_error * std::abs(interval->mean);
  interval->half_width = std::hypot(*interval->half_width, half_width);
}

}  // namespace clear_native
