#include "steady.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace clear_native {
namespace {

Steadiness compare(double late, double early, double tolerance) {
  const double mean = (late + early) / 2;
  if (mean <= 0) return Steadiness::unknown;
  return std::abs(late - early) <= tolerance * mean ? Steadiness::steady : Steadiness::unsteady;
}

}  // namespace

std::optional<double> mean_power_w(std::span<const PowerSample> samples, double begin_s, double end_s,
                                   int min_samples) {
  double covered_s = 0;
  double energy_j = 0;
  int inside = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const double from_s = std::max(samples[i - 1].time_s, begin_s);
    const double to_s = std::min(samples[i].time_s, end_s);
    if (to_s <= from_s) continue;
    covered_s += to_s - from_s;
    energy_j += samples[i].power_w * (to_s - from_s);
    if (samples[i - 1].time_s >= begin_s && samples[i].time_s <= end_s) ++inside;
  }
  if (inside < min_samples || covered_s <= 0) return std::nullopt;
  return energy_j / covered_s;
}

Steadiness steadiness(std::span<const PowerSample> samples, double since_s, const SteadyOptions& options) {
  if (samples.empty()) return Steadiness::unknown;
  const double end_s = samples.back().time_s;
  const double middle_s = end_s - options.span_s;
  const double begin_s = middle_s - options.span_s;
  if (begin_s < since_s) return Steadiness::unknown;
  const std::optional<double> early_w = mean_power_w(samples, begin_s, middle_s, 0);
  const std::optional<double> late_w = mean_power_w(samples, middle_s, end_s, 0);
  if (!early_w || !late_w) return Steadiness::unknown;
  return compare(*late_w, *early_w, options.tolerance);
}

Steadiness steadiness(std::span<const TickBracket> ticks, double period_s, double since_s,
                      const SteadyOptions& options) {
  // A continuous meter is read more often than a span, so ticks a span apart are taken.
  std::vector<TickBracket> apart;
  for (const TickBracket& tick : ticks) {
    if (tick.after_s < since_s) continue;
    if (period_s > 0 || apart.empty() || tick.before_s - apart.back().before_s >= options.span_s) apart.push_back(tick);
  }
  if (apart.size() < 3) return Steadiness::unknown;
  const std::vector<double> times_s = fit_tick_times(apart, period_s);
  const std::size_t last = apart.size() - 1;
  const auto power_w = [&](std::size_t i) {
    return (apart[i].energy_j - apart[i - 1].energy_j) / (times_s[i] - times_s[i - 1]);
  };
  return compare(power_w(last), power_w(last - 1), options.ticks_tolerance);
}

}  // namespace clear_native
