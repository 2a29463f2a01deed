#include "slow_effects.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace clear_native {
namespace {

constexpr int iterations = 3;
constexpr int freedom_for_effects = 6;    // fewer left-over degrees of freedom do not tell effects from noise
constexpr double least_deviation = 1e-6;  // relative; keeps a noiseless target from ruling the fit alone
// On an H200 the energy of windows of 0.2 to 0.9 s went with the power before them, weighted with 0.7 to 1 s: by 0.5 to
// 0.9 % per 100 W, which was three quarters of the variance between windows.
constexpr double carry_over_time_s = 0.8;
constexpr double carry_over_prior_per_w = 1e-4;
constexpr double history_s = 10 * carry_over_time_s;  // what is older counts for nothing

/// One window about the means of its target.
struct Residual {
  double time_s = 0;
  double power_before_w = 0;
  double relative = 0;
};

using Residuals = std::vector<Residual>;

double mean_power_before_w(const std::vector<Observations>& targets) {
  double sum_w = 0;
  int counted = 0;
  for (const Observations& observations : targets) {
    for (const Observation& observation : observations) {
      if (!observation.power_before_w) continue;
      sum_w += *observation.power_before_w;
      ++counted;
    }
  }
  return counted > 0 ? sum_w / counted : 0;
}

Residuals residuals_of(const Observations& observations, double everywhere_w) {
  Residual mean;
  const double n = static_cast<double>(observations.size());
  for (const Observation& observation : observations) {
    mean.time_s += observation.middle_s / n;
    mean.power_before_w += observation.power_before_w.value_or(everywhere_w) / n;
    mean.relative += observation.energy_j / n;
  }
  Residuals residuals;
  if (mean.relative <= 0) return residuals;
  for (const Observation& observation : observations) {
    residuals.push_back({.time_s = observation.middle_s - mean.time_s,
                         .power_before_w = observation.power_before_w.value_or(everywhere_w) - mean.power_before_w,
                         .relative = observation.energy_j / mean.relative - 1});
  }
  return residuals;
}

double left_over(const Residual& residual, const SlowEffects& effects) {
  return residual.relative - effects.drift_per_s * residual.time_s - effects.carry_over_per_w * residual.power_before_w;
}

double variance_about(const Residuals& residuals, const SlowEffects& effects) {
  double squares = 0;
  for (const Residual& residual : residuals) squares += std::pow(left_over(residual, effects), 2);
  const double n = static_cast<double>(residuals.size());
  return std::max(squares / std::max(1.0, n - 1), least_deviation * least_deviation);
}

/// Sums of the normal equations: t time, p power before, r relative residual.
struct Sums {
  double tt = 0;
  double tp = 0;
  double pp = 0;
  double tr = 0;
  double pr = 0;
};

Sums weighted_sums(const std::vector<Residuals>& all, const SlowEffects& effects) {
  Sums sums;
  for (const Residuals& residuals : all) {
    const double weight = 1 / variance_about(residuals, effects);
    for (const Residual& residual : residuals) {
      sums.tt += weight * residual.time_s * residual.time_s;
      sums.tp += weight * residual.time_s * residual.power_before_w;
      sums.pp += weight * residual.power_before_w * residual.power_before_w;
      sums.tr += weight * residual.time_s * residual.relative;
      sums.pr += weight * residual.power_before_w * residual.relative;
    }
  }
  sums.pp += 1 / (carry_over_prior_per_w * carry_over_prior_per_w);
  return sums;
}

}  // namespace

std::vector<std::optional<double>> power_before_w(const std::vector<Window>& windows) {
  std::vector<std::optional<double>> powers_w;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const double now_s = windows[i].begin_s - windows[i].lead_in_s;
    double weighted_w = 0;
    double weights = 0;
    for (std::size_t j = i; j-- > 0;) {
      const Window& before = windows[j];
      if (now_s - before.end_s > history_s) break;
      if (!before.energy_per_pass_j || !before.time_per_pass_s || *before.time_per_pass_s <= 0) continue;
      const double weight = std::exp((before.end_s - now_s) / carry_over_time_s) -
                            std::exp((before.begin_s - before.lead_in_s - now_s) / carry_over_time_s);
      weighted_w += weight * *before.energy_per_pass_j / *before.time_per_pass_s;
      weights += weight;
    }
    powers_w.push_back(weights > 0 ? std::optional(weighted_w / weights) : std::nullopt);
  }
  return powers_w;
}

std::optional<SlowEffects> fit_slow_effects(const std::vector<Observations>& targets) {
  std::vector<Residuals> all;
  const double everywhere_w = mean_power_before_w(targets);
  int freedom = -2;
  for (const Observations& observations : targets) {
    if (observations.size() < 2) continue;
    all.push_back(residuals_of(observations, everywhere_w));
    freedom += static_cast<int>(observations.size()) - 1;
  }
  if (freedom < freedom_for_effects) return std::nullopt;
  SlowEffects effects;
  for (int iteration = 0; iteration < iterations; ++iteration) {
    const Sums sums = weighted_sums(all, effects);
    const double determinant = sums.tt * sums.pp - sums.tp * sums.tp;
    if (determinant <= 0) return std::nullopt;
    effects.drift_per_s = (sums.tr * sums.pp - sums.pr * sums.tp) / determinant;
    effects.carry_over_per_w = (sums.pr * sums.tt - sums.tr * sums.tp) / determinant;
    effects.carry_over_standard_error_per_w = std::sqrt(sums.tt / determinant);
  }
  return effects;
}

void remove_slow_effects(std::vector<Observations>& targets, const SlowEffects& effects,
                         const SlowReference& reference) {
  const double everywhere_w = mean_power_before_w(targets);  // all that is known of a window with nothing before it
  for (Observations& observations : targets) {
    for (Observation& observation : observations) {
      const double before_w = observation.power_before_w.value_or(everywhere_w) - reference.power_before_w;
      observation.energy_j /=
          1 + effects.drift_per_s * (observation.middle_s - reference.time_s) + effects.carry_over_per_w * before_w;
    }
  }
}

double standard_error_of_reference(const Observations& observations, const SlowEffects& effects,
                                   const SlowReference& reference) {
  double away_w = 0;
  int counted = 0;
  for (const Observation& observation : observations) {
    if (!observation.power_before_w) continue;
    away_w += *observation.power_before_w - reference.power_before_w;
    ++counted;
  }
  return counted > 0 ? std::abs(away_w / counted) * effects.carry_over_standard_error_per_w : 0;
}

}  // namespace clear_native
