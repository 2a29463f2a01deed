#include "slow_powers.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

#include "core/rounds/slow_effects.hpp"
#include "core/statistics/statistics.hpp"

namespace clear_native {
namespace {

double power_w(const Observation& one) {
  return one.energy_j / one.time_s;
}

std::optional<double> mean_power_w(std::span<const Observations> targets) {
  return mean_over(targets, [](const Observation& one) { return std::optional(power_w(one)); });
}

std::optional<double> mean_temperature_c(std::span<const Observations> targets) {
  return mean_over(targets, [](const Observation& one) { return one.temperature_c; });
}

std::optional<double> mean_power_before_w(std::span<const Observations> targets) {
  return mean_over(targets, [](const Observation& one) { return one.power_before_w; });
}

/// The one target as targets.
std::span<const Observations> alone(const Observations& target) {
  return {&target, 1};
}

/// By how much a load warms the device in its own windows, for each watt.
double own_heat_k_per_w(const std::vector<Observations>& targets) {
  std::vector<double> powers_w;
  std::vector<double> temperatures_c;
  for (const Observations& one : targets) {
    const std::optional<double> temperature_c = mean_temperature_c(alone(one));
    if (!temperature_c) continue;
    powers_w.push_back(mean_power_w(alone(one)).value_or(0));
    temperatures_c.push_back(*temperature_c);
  }
  const std::optional<Line> line = fit_line(powers_w, temperatures_c);
  return line ? std::max(0.0, line->slope) : 0;
}

/// The same windows of targets that all draw `level_w`, with the temperature of the cooler: what is relative to the
/// energy of one is then watts of every one.
std::vector<Observations> levelled(const std::vector<Observations>& targets, double level_w) {
  const double heat_k_per_w = own_heat_k_per_w(targets);
  std::vector<Observations> level = targets;
  for (Observations& observations : level) {
    const double mean_w = mean_power_w(alone(observations)).value_or(0);
    for (Observation& one : observations) {
      one.energy_j = level_w + power_w(one) - mean_w;
      if (one.temperature_c) *one.temperature_c -= heat_k_per_w * mean_w;
    }
  }
  return level;
}

/// Of the temperature and of what ran before; targets lie alike in time, since rounds have them all.
std::vector<std::vector<double>> uncertain_w(const std::vector<Observations>& level, double level_w,
                                             const SlowEffects& effects, const SlowReference& reference) {
  std::vector<std::vector<double>> uncertain(2);
  for (const Observations& observations : level) {
    const double warmer_k =
        mean_temperature_c(alone(observations)).value_or(reference.temperature_c) - reference.temperature_c;
    const auto before_w = mean_power_before_w(alone(observations));
    const double more_w = before_w.value_or(reference.power_before_w) - reference.power_before_w;
    uncertain[0].push_back(level_w * warmer_k * effects.temperature_standard_error_per_k);
    uncertain[1].push_back(level_w * more_w * effects.carry_over_standard_error_per_w);
  }
  return uncertain;
}

}  // namespace

ReferredPowers referred_powers(std::vector<Observations> observations) {
  ReferredPowers referred;
  referred.observations = std::move(observations);
  const double level_w = mean_power_w(referred.observations).value_or(0);
  if (level_w <= 0) return referred;
  const std::vector<Observations> level = levelled(referred.observations, level_w);
  const std::optional<SlowEffects> effects = fit_slow_effects(level);
  if (!effects) return referred;
  const auto before_w = mean_power_before_w(level);
  const SlowReference reference = middle_of(level, before_w.value_or(0));
  std::vector<Observations> left = level;
  remove_slow_effects(left, *effects, reference);
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = 0; j < left[i].size(); ++j) {
      Observation& one = referred.observations[i][j];
      one.energy_j += (left[i][j].energy_j - level[i][j].energy_j) * one.time_s;
    }
  }
  referred.freedom_lost = freedom_lost(referred.observations, *effects);
  referred.uncertain_w = uncertain_w(level, level_w, *effects, reference);
  return referred;
}

}  // namespace clear_native
