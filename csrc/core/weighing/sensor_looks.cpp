#include "sensor_looks.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "core/statistics/center.hpp"
#include "core/statistics/statistics.hpp"

namespace clear_native {
namespace {

constexpr double shortest_s = 0.77e-3;
constexpr double longest_s = 0.86e-3;
constexpr double step_s = 0.25e-6;  // a window of 0.3 s holds 370 looks: half a step moves the last by 46 us
constexpr std::size_t phases = 24;
constexpr std::size_t fewest_samples = 6;
constexpr std::size_t fewest_windows = 12;
constexpr std::size_t grid = 4096;     // points at which a pattern's power is known
constexpr double most_swing = 1.2;     // times what the pattern predicts: power within a stretch is not known
constexpr double stands_out = 6.0;     // times the scatter over all periods ...
constexpr double over_others = 1.4;    // ... and so many times what periods farther off than
constexpr double neighbours_s = 3e-6;  // this stand out

/// What a window's samples say, and what a look would see at each moment of its pattern.
struct Seen {
  std::vector<double> looks_w;    // about the mean, by phase of the pattern
  double period_s = 0;            // of the pattern
  double begin_s = 0;             // of the first sample's time, counted from a begin of the pattern
  std::vector<double> samples_w;  // about their mean
  double squares = 0;
};

/// Joules about the mean at moments of the pattern, which goes on for ever.
class Excess {
 public:
  Excess(const Pattern& pattern, double period_s) : period_s_(period_s) {
    double time_s = 0;
    double energy_j = 0;
    for (const Stretch& stretch : pattern) {
      time_s += stretch.time_s;
      energy_j += stretch.time_s * stretch.power_w;
    }
    const double scale = period_s / time_s;
    const double mean_w = energy_j / time_s;
    ends_s_.push_back(0);
    excess_j_.push_back(0);
    for (const Stretch& stretch : pattern) {
      ends_s_.push_back(ends_s_.back() + scale * stretch.time_s);
      excess_j_.push_back(excess_j_.back() + scale * stretch.time_s * (stretch.power_w - mean_w));
    }
  }

  [[nodiscard]] double at(double time_s) const {
    const double within_s = time_s - period_s_ * std::floor(time_s / period_s_);
    const auto next = std::upper_bound(ends_s_.begin() + 1, ends_s_.end() - 1, within_s);
    const auto i = static_cast<std::size_t>(next - ends_s_.begin());
    const double length_s = ends_s_[i] - ends_s_[i - 1];
    const double share = length_s > 0 ? (within_s - ends_s_[i - 1]) / length_s : 0;
    return excess_j_[i - 1] + share * (excess_j_[i] - excess_j_[i - 1]);
  }

 private:
  double period_s_;
  std::vector<double> ends_s_;
  std::vector<double> excess_j_;
};

/// Samples come every 20 ms, and some are stamped late: the earliest stamps tell the grid. Absent where one is missing.
std::optional<double> first_sample_s(const std::vector<PowerSample>& samples) {
  double first_s = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    first_s = std::min(first_s, samples[i].time_s - power_sample_period_s * static_cast<double>(i));
  }
  const double span = (samples.back().time_s - first_s) / power_sample_period_s;
  if (span > static_cast<double>(samples.size()) - 0.2) return std::nullopt;
  return first_s;
}

/// Means over so many neighbours on either side of each, around the end.
std::vector<double> smoothed(const std::vector<double>& values, std::size_t each_side) {
  const std::size_t n = values.size();
  double sum = 0;
  for (std::size_t i = 0; i <= 2 * each_side; ++i) sum += values[(n - each_side + i) % n];
  std::vector<double> means;
  means.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    means.push_back(sum / static_cast<double>(2 * each_side + 1));
    sum += values[(i + each_side + 1) % n] - values[(i + n - each_side) % n];
  }
  return means;
}

/// Watts about the mean that looks see on the mean, by phase of the pattern.
std::vector<double> looks_at(const Pattern& pattern, double period_s) {
  const SensorLooks looks;
  const Excess excess(pattern, period_s);
  std::vector<double> looks_w;
  looks_w.reserve(grid);
  for (std::size_t i = 0; i < grid; ++i) {
    const double moment_s = period_s * static_cast<double>(i) / grid;
    // A look may be longer than the whole pattern: both ends lie on the same endless curve.
    looks_w.push_back((excess.at(moment_s + looks.look_s / 2) - excess.at(moment_s - looks.look_s / 2)) / looks.look_s);
  }
  // What changes faster than looks are steady is no part of it. Two boxes, each of half the variance, are nearly a
  // normal distribution.
  const double box_s = std::sqrt(6.0) * looks.unsteady_s;
  const auto each_side = static_cast<std::size_t>(grid * std::min(0.5, box_s / period_s) / 2);
  for (int box = 0; box < 2; ++box) looks_w = smoothed(looks_w, each_side);
  return looks_w;
}

std::optional<Seen> seen_in(const PatternedWindow& patterned) {
  const Window& window = *patterned.window;
  if (window.power_samples.size() < fewest_samples + 1 || window.odometer.size() < 2) return std::nullopt;
  const std::optional<double> first_s = first_sample_s(window.power_samples);
  std::vector<double> times_s;
  std::vector<double> passes;
  for (const OdometerReading& reading : window.odometer) {
    times_s.push_back(reading.time_s - window.begin_s);
    passes.push_back(reading.passes / patterned.passes);
  }
  const std::optional<Line> line = fit_line(times_s, passes);
  if (!first_s || !line || line->slope <= 0) return std::nullopt;
  Seen seen;
  seen.period_s = 1 / line->slope;
  seen.begin_s = (*first_s - window.begin_s) + line->intercept / line->slope;
  seen.looks_w = looks_at(patterned.pattern, seen.period_s);
  for (std::size_t i = 1; i < window.power_samples.size(); ++i) {
    seen.samples_w.push_back(window.power_samples[i].power_w);
  }
  const double mean_w = mean(seen.samples_w);
  for (double& sample_w : seen.samples_w) {
    sample_w -= mean_w;
    seen.squares += sample_w * sample_w;
  }
  if (seen.squares <= 0) return std::nullopt;
  return seen;
}

double part_of_turn(double turns) {
  return turns - std::floor(turns);
}

/// The share of the samples' squares that the best phase leaves, its logarithm.
double left_unexplained(const Seen& seen, double look_period_s) {
  double least = seen.squares;
  const std::size_t samples = seen.samples_w.size();
  std::vector<double> sums(samples);
  std::vector<double> counts(samples);
  // Millions of looks are tried while the device waits: no division for each.
  const double places_per_look = grid * part_of_turn(look_period_s / seen.period_s);
  for (std::size_t phase = 0; phase < phases; ++phase) {
    double look_s = look_period_s * static_cast<double>(phase) / phases;
    double place = grid * part_of_turn((seen.begin_s + look_s) / seen.period_s);
    for (std::size_t sample = 0; sample < samples; ++sample) {
      const double end_s = power_sample_period_s * static_cast<double>(sample + 1);
      sums[sample] = 0;
      counts[sample] = 0;
      while (look_s < end_s) {
        sums[sample] += seen.looks_w[std::min(static_cast<std::size_t>(place), grid - 1)];
        counts[sample] += 1;
        look_s += look_period_s;
        place += places_per_look;
        if (place >= grid) place -= grid;
      }
    }
    double mean_w = 0;
    for (std::size_t i = 0; i < samples; ++i) mean_w += (sums[i] /= counts[i]) / static_cast<double>(samples);
    double cross = 0;
    double own = 0;
    for (std::size_t i = 0; i < samples; ++i) {
      cross += (sums[i] - mean_w) * seen.samples_w[i];
      own += (sums[i] - mean_w) * (sums[i] - mean_w);
    }
    if (own <= 0) continue;
    const double swing = std::clamp(cross / own, 0.0, most_swing);
    least = std::min(least, seen.squares - 2 * swing * cross + swing * swing * own);
  }
  return std::log(std::max(least / seen.squares, 1e-6));
}

/// How far below the middle of them all, in units of their scatter.
double depth(const std::vector<double>& scores, double score) {
  const double middle = median(scores);
  std::vector<double> distances;
  distances.reserve(scores.size());
  for (const double one : scores) distances.push_back(std::abs(one - middle));
  const double scatter = deviation_over_median * median(distances);
  return scatter > 0 ? (middle - score) / scatter : 0;
}

}  // namespace

std::optional<SensorLooks> find_looks(const std::vector<PatternedWindow>& windows) {
  std::vector<Seen> all;
  for (const PatternedWindow& window : windows) {
    if (std::optional<Seen> seen = seen_in(window)) all.push_back(std::move(*seen));
  }
  if (all.size() < fewest_windows) return std::nullopt;
  std::vector<double> periods_s;
  std::vector<double> scores;
  for (int step = 0; step <= static_cast<int>((longest_s - shortest_s) / step_s); ++step) {
    const double period_s = shortest_s + step * step_s;
    double score = 0;
    for (const Seen& seen : all) score += left_unexplained(seen, period_s) / static_cast<double>(all.size());
    periods_s.push_back(period_s);
    scores.push_back(score);
  }
  const auto best = static_cast<std::size_t>(std::min_element(scores.begin(), scores.end()) - scores.begin());
  if (best == 0 || best + 1 == scores.size()) return std::nullopt;  // it may lie beyond
  double other = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::abs(periods_s[i] - periods_s[best]) > neighbours_s) other = std::min(other, scores[i]);
  }
  const double depth_of_best = depth(scores, scores[best]);
  if (depth_of_best < stands_out || depth_of_best < over_others * depth(scores, other)) return std::nullopt;
  return SensorLooks{.period_s = periods_s[best]};
}

}  // namespace clear_native
