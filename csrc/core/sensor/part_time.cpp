#include "part_time.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "core/statistics/center.hpp"

namespace clear_native {
namespace {

constexpr double range = 0.13;     // to both sides of its frequency
constexpr double step_hz = 16.0;   // a beat of half of it turns once in a few samples, and one of all of it is not yet
                                   // averaged out
constexpr double settle_s = 0.04;  // after the load begins; samples that hold something else are left out
constexpr std::size_t fewest_samples = 4;
constexpr double stands_out = 4.0;       // times the scatter of all other periods ...
constexpr double smallest_swing = 0.03;  // ... and so much of the power
constexpr double near_peak = 0.3;        // of its height: what is counted to it ...
constexpr double peak_steps = 3.5;       // ... within so many steps
constexpr double slow_beat_hz = 3.0;     // at which the swing's shape is looked at
constexpr double shape_share = 0.25;     // of the time

/// The load's true frequency, and the samples within it.
struct Looked {
  double frequency_hz = 0;
  std::vector<double> powers_w;
};

struct Scatter {
  double frequency_hz = 0;
  double scatter_w = 0;
};

std::optional<Looked> look(SensorBench& bench, double period_s, double duration_s, const BenchWatch& watch) {
  bench.samples();
  const auto ran = bench.alternate(period_s, std::max(settle_s, duration_s - settle_s), watch);
  if (!ran) return std::nullopt;
  bench.sleep(settle_s);  // the driver hands the last samples out late
  Looked looked{1 / ran->period_s, {}};
  for (const PowerSample& sample : bench.samples()) {
    if (ran->begin_s + settle_s <= sample.time_s && sample.time_s <= ran->end_s) {
      looked.powers_w.push_back(sample.power_w);
    }
  }
  return looked;
}

/// Center of what stands out; absent for nothing, or for what lies at an end and so may go on beyond it.
std::optional<double> peak_hz(std::span<const Scatter> seen, std::span<const double> powers_w) {
  if (seen.size() < 2 * fewest_samples) return std::nullopt;
  std::vector<double> scatters_w;
  for (const Scatter& one : seen) scatters_w.push_back(one.scatter_w);
  const double usual_w = median(scatters_w);
  const auto peak = std::max_element(scatters_w.begin(), scatters_w.end());
  const double high_w = *peak;
  if (high_w < std::max(stands_out * usual_w, smallest_swing * mean(powers_w))) return std::nullopt;
  if (peak == scatters_w.begin() || peak == scatters_w.end() - 1) return std::nullopt;
  const double highest_hz = seen[static_cast<std::size_t>(peak - scatters_w.begin())].frequency_hz;
  // Beats are as strong to both sides of the sensor's frequency, and weakest right at it, where they stand still.
  double weighed_hz = 0;
  double weight_w = 0;
  for (const auto& [frequency_hz, scatter_w] : seen) {
    if (scatter_w <= usual_w + near_peak * (high_w - usual_w)) continue;
    if (std::abs(frequency_hz - highest_hz) > peak_steps * step_hz) continue;
    weighed_hz += frequency_hz * (scatter_w - usual_w);
    weight_w += scatter_w - usual_w;
  }
  if (weight_w <= 0) return std::nullopt;
  return weighed_hz / weight_w;
}

/// From the shape of a slow swing. A look of length l over a load that is on for half its period T gives a wave that
/// rises over l, stays, and falls over l: with amplitude A its mean square is A^2 (1 - 4 l / (3 T)).
std::optional<double> look_length_s(std::vector<double> powers_w, double period_s) {
  if (powers_w.size() < 4 * fewest_samples) return std::nullopt;
  std::sort(powers_w.begin(), powers_w.end());
  const std::span<const double> ordered = powers_w;
  const std::size_t end = std::max<std::size_t>(1, ordered.size() / 20);
  const double low_w = mean(ordered.first(end));
  const double high_w = mean(ordered.last(end));
  const double amplitude_w = (high_w - low_w) / 2;
  const double middle_w = (high_w + low_w) / 2;
  if (amplitude_w <= 0) return std::nullopt;
  double squares = 0;
  for (const double power_w : ordered) squares += (power_w - middle_w) * (power_w - middle_w);
  const double mean_square = squares / static_cast<double>(ordered.size()) / (amplitude_w * amplitude_w);
  const double look_s = 0.75 * period_s * (1 - mean_square);
  if (look_s <= 0.02 * period_s || look_s >= 0.5 * period_s) return std::nullopt;
  return look_s;
}

}  // namespace

std::optional<PartTime> find_part_time(SensorBench& bench, double duration_s, const BenchWatch& watch,
                                       double suspected_s) {
  const double center_hz = 1 / suspected_s;
  const int steps = static_cast<int>(2 * range * center_hz / step_hz) + 1;
  const double each_s = (1 - shape_share) * duration_s / steps;
  std::vector<Scatter> seen;
  std::vector<double> powers_w;
  for (int step = 0; step < steps; ++step) {
    stop_if_interrupted(watch);
    if (watch.between) watch.between();
    const double wanted_hz = (1 - range) * center_hz + step * step_hz;
    const std::optional<Looked> looked = look(bench, 1 / wanted_hz, each_s, watch);
    if (!looked) return std::nullopt;
    if (looked->powers_w.size() < fewest_samples) continue;
    seen.push_back({looked->frequency_hz, population_deviation(looked->powers_w)});
    powers_w.insert(powers_w.end(), looked->powers_w.begin(), looked->powers_w.end());
  }
  const std::optional<double> found_hz = peak_hz(seen, powers_w);
  if (!found_hz) return std::nullopt;
  PartTime found{.look_period_s = 1 / *found_hz};
  std::optional<Looked> slow = look(bench, 1 / (*found_hz + slow_beat_hz), shape_share * duration_s, watch);
  if (slow) found.look_s = look_length_s(std::move(slow->powers_w), 1 / slow->frequency_hz);
  return found;
}

}  // namespace clear_native
