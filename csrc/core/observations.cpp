#include "observations.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "noise_model.hpp"
#include "statistics.hpp"

namespace clear_native {
namespace {

constexpr int drift_iterations = 3;
constexpr int freedom_for_drift = 6;       // fewer left-over degrees of freedom do not tell drift from noise
constexpr double least_deviation = 1e-6;   // relative; keeps a noiseless target from ruling the fit alone

/// Energies of one target over their mean, against time, both from their means.
struct Residuals {
  std::vector<double> times_s;
  std::vector<double> relative;
};

Residuals residuals_of(const Observations& observations) {
  double mean_j = 0;
  double mean_s = 0;
  const double n = static_cast<double>(observations.size());
  for (const Observation& observation : observations) {
    mean_j += observation.energy_j / n;
    mean_s += observation.middle_s / n;
  }
  Residuals residuals;
  if (mean_j <= 0) return residuals;
  for (const Observation& observation : observations) {
    residuals.times_s.push_back(observation.middle_s - mean_s);
    residuals.relative.push_back(observation.energy_j / mean_j - 1);
  }
  return residuals;
}

double variance_about(const Residuals& residuals, double drift_per_s) {
  double squares = 0;
  for (std::size_t i = 0; i < residuals.relative.size(); ++i) {
    squares += std::pow(residuals.relative[i] - drift_per_s * residuals.times_s[i], 2);
  }
  const double n = static_cast<double>(residuals.relative.size());
  return std::max(squares / std::max(1.0, n - 1), least_deviation * least_deviation);
}

}  // namespace

Observations observations_of(const std::vector<Window>& windows, const std::string& target) {
  Observations observations;
  for (const Window& window : windows) {
    if (window.target != target || !window.energy_per_pass_j || !window.time_per_pass_s) continue;
    observations.push_back({.round = window.round,
                            .middle_s = (window.begin_s + window.end_s) / 2,
                            .length_s = window.end_s - window.begin_s,
                            .energy_j = *window.energy_per_pass_j,
                            .time_s = *window.time_per_pass_s});
  }
  return observations;
}

std::optional<double> fit_drift_per_s(const std::vector<Observations>& targets) {
  std::vector<Residuals> all;
  int freedom = -1;
  for (const Observations& observations : targets) {
    if (observations.size() < 2) continue;
    all.push_back(residuals_of(observations));
    freedom += static_cast<int>(observations.size()) - 1;
  }
  if (freedom < freedom_for_drift) return std::nullopt;
  double drift_per_s = 0;
  for (int iteration = 0; iteration < drift_iterations; ++iteration) {
    double tt = 0;
    double tr = 0;
    for (const Residuals& residuals : all) {
      const double weight = 1 / variance_about(residuals, drift_per_s);
      for (std::size_t i = 0; i < residuals.relative.size(); ++i) {
        tt += weight * residuals.times_s[i] * residuals.times_s[i];
        tr += weight * residuals.times_s[i] * residuals.relative[i];
      }
    }
    if (tt <= 0) return std::nullopt;
    drift_per_s = tr / tt;
  }
  return drift_per_s;
}

void remove_drift(std::vector<Observations>& targets, double drift_per_s, double reference_s) {
  for (Observations& observations : targets) {
    for (Observation& observation : observations) {
      observation.energy_j /= 1 + drift_per_s * (observation.middle_s - reference_s);
    }
  }
}

std::optional<Interval> interval_of(std::span<const double> values, std::span<const double> lengths_s) {
  std::vector<double> weights;
  for (const double length_s : lengths_s) weights.push_back(information(length_s, lengths_s.front()));
  const std::optional<WeightedMean> mean = weighted_mean(values, weights);
  if (!mean) return std::nullopt;
  Interval interval;
  interval.mean = mean->mean;
  interval.standard_deviation = mean->standard_deviation;
  interval.rounds = static_cast<int>(values.size());
  if (mean->standard_error) {
    interval.half_width = student_t_two_sided(0.95, interval.rounds - 1) * *mean->standard_error;
  }
  return interval;
}

}  // namespace clear_native
