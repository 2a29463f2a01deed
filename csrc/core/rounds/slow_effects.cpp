#include "slow_effects.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <set>

#include "core/statistics/least_squares.hpp"

namespace clear_native {
namespace {

constexpr int iterations = 10;
constexpr int freedom_for_effects = 6;    // fewer left-over degrees of freedom do not tell effects from noise
constexpr double least_deviation = 1e-6;  // relative; keeps a noiseless target from ruling the fit alone
// On an H200 the energy of windows of 0.2 to 0.9 s went with the power before them, weighted with 0.7 to 1 s: by 0.5 to
// 0.9 % per 100 W, which was three quarters of the variance between windows.
constexpr double carry_over_time_s = 0.8;
constexpr double carry_over_prior_per_w = 1e-4;
constexpr double drift_prior_per_s = 1e-3;
constexpr double temperature_prior_per_k = 3e-3;
constexpr double history_s = 10 * carry_over_time_s;  // what is older counts for nothing

/// What the effects go with: time, power before, temperature.
using Causes = std::array<double, 3>;
constexpr Causes known_priors = {drift_prior_per_s, carry_over_prior_per_w, temperature_prior_per_k};
// Scatter about nothing fitted yet is no noise: what goes with time must not be held down by it.
constexpr Causes first_priors = {1e3 * drift_prior_per_s, carry_over_prior_per_w, 1e3 * temperature_prior_per_k};

/// One window about the means of its target.
struct Residual {
  Causes causes = {};
  double relative = 0;
};

using Residuals = std::vector<Residual>;

std::optional<double> mean_power_before_w(const std::vector<Observations>& targets) {
  return mean_over(targets, [](const Observation& observation) { return observation.power_before_w; });
}

std::optional<double> mean_temperature_c(const std::vector<Observations>& targets) {
  return mean_over(targets, [](const Observation& observation) { return observation.temperature_c; });
}

/// What is not known of a window is taken to be as everywhere.
Causes causes_of(const Observation& observation, const Causes& everywhere) {
  return {observation.middle_s, observation.power_before_w.value_or(everywhere[1]),
          observation.temperature_c.value_or(everywhere[2])};
}

Residuals residuals_of(const Observations& observations, const Causes& everywhere) {
  Residual mean;
  const double n = static_cast<double>(observations.size());
  for (const Observation& observation : observations) {
    const Causes causes = causes_of(observation, everywhere);
    for (std::size_t i = 0; i < causes.size(); ++i) mean.causes[i] += causes[i] / n;
    mean.relative += observation.energy_j / n;
  }
  Residuals residuals;
  if (mean.relative <= 0) return residuals;
  for (const Observation& observation : observations) {
    Residual residual{.causes = causes_of(observation, everywhere),
                      .relative = observation.energy_j / mean.relative - 1};
    for (std::size_t i = 0; i < residual.causes.size(); ++i) residual.causes[i] -= mean.causes[i];
    residuals.push_back(residual);
  }
  return residuals;
}

double effect_of(const Causes& slopes, const Causes& causes) {
  double sum = 0;
  for (std::size_t i = 0; i < slopes.size(); ++i) sum += slopes[i] * causes[i];
  return sum;
}

double variance_about(const Residuals& residuals, const Causes& slopes) {
  double squares = 0;
  for (const Residual& residual : residuals) {
    squares += std::pow(residual.relative - effect_of(slopes, residual.causes), 2);
  }
  const double n = static_cast<double>(residuals.size());
  return std::max(squares / std::max(1.0, n - 1), least_deviation * least_deviation);
}

struct Fit {
  Causes slopes = {};
  Causes standard_errors = {};
};

/// One step: weighted by what each target scatters about the slopes before, and drawn to zero by these priors.
std::optional<Fit> fit_once(const std::vector<Residuals>& all, const Causes& before, const Causes& priors) {
  constexpr std::size_t n = std::tuple_size_v<Causes>;
  Matrix sums(n, n);
  std::vector<double> sides(n, 0);
  for (std::size_t i = 0; i < n; ++i) sums(i, i) = 1 / (priors[i] * priors[i]);
  for (const Residuals& residuals : all) {
    const double weight = 1 / variance_about(residuals, before);
    for (const Residual& residual : residuals) {
      for (std::size_t i = 0; i < n; ++i) {
        sides[i] += weight * residual.causes[i] * residual.relative;
        for (std::size_t j = 0; j < n; ++j) sums(i, j) += weight * residual.causes[i] * residual.causes[j];
      }
    }
  }
  const std::optional<Matrix> inverse = inverse_of_positive(sums);
  if (!inverse) return std::nullopt;
  const std::vector<double> slopes = times(*inverse, sides);
  Fit fit;
  for (std::size_t i = 0; i < n; ++i) {
    fit.slopes[i] = slopes[i];
    fit.standard_errors[i] = std::sqrt((*inverse)(i, i));
  }
  return fit;
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
  const std::optional<double> temperature_c = mean_temperature_c(targets);
  const Causes everywhere = {0, mean_power_before_w(targets).value_or(0), temperature_c.value_or(0)};
  std::vector<Residuals> all;
  int freedom = temperature_c ? -3 : -2;
  for (const Observations& observations : targets) {
    if (observations.size() < 2) continue;
    all.push_back(residuals_of(observations, everywhere));
    freedom += static_cast<int>(observations.size()) - 1;
  }
  if (freedom < freedom_for_effects) return std::nullopt;
  Fit fit;
  for (int iteration = 0; iteration < iterations; ++iteration) {
    const std::optional<Fit> next = fit_once(all, fit.slopes, iteration == 0 ? first_priors : known_priors);
    if (!next) return std::nullopt;
    fit = *next;
  }
  SlowEffects effects{.drift_per_s = fit.slopes[0],
                      .carry_over_per_w = fit.slopes[1],
                      .carry_over_standard_error_per_w = fit.standard_errors[1]};
  if (temperature_c) {
    effects.temperature_per_k = fit.slopes[2];
    effects.temperature_standard_error_per_k = fit.standard_errors[2];
  }
  return effects;
}

double freedom_lost(const std::vector<Observations>& fitted, const SlowEffects& effects) {
  double freedom = 0;
  std::set<int> rounds;
  for (const Observations& target : fitted) {
    freedom += std::max(0.0, static_cast<double>(target.size()) - 1);
    for (const Observation& observation : target) rounds.insert(observation.round);
  }
  const double slopes = effects.temperature_per_k ? 3 : 2;
  return slopes * (static_cast<double>(rounds.size()) - 1) / freedom;
}

SlowReference middle_of(const std::vector<Observations>& targets, double power_before_w) {
  const auto time_s = mean_over(targets, [](const Observation& one) { return std::optional(one.middle_s); });
  return {.time_s = time_s.value_or(0),
          .power_before_w = power_before_w,
          .temperature_c = mean_temperature_c(targets).value_or(0)};
}

void remove_slow_effects(std::vector<Observations>& targets, const SlowEffects& effects,
                         const SlowReference& reference) {
  // All that is known of a window with nothing before it, or that does not tell its temperature.
  const Causes everywhere = {0, mean_power_before_w(targets).value_or(0), mean_temperature_c(targets).value_or(0)};
  const Causes slopes = {effects.drift_per_s, effects.carry_over_per_w, effects.temperature_per_k.value_or(0)};
  for (Observations& observations : targets) {
    for (Observation& observation : observations) {
      Causes causes = causes_of(observation, everywhere);
      causes[0] -= reference.time_s;
      causes[1] -= reference.power_before_w;
      causes[2] -= reference.temperature_c;
      observation.energy_j /= 1 + effect_of(slopes, causes);
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
