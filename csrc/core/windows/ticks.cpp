#include "ticks.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/statistics/statistics.hpp"

namespace clear_native {
namespace {

constexpr double period_tolerance = 0.02;    // a fitted period farther from the nominal one is not believed
constexpr double jitter_s = 0.0005;          // of the counter itself; keeps very narrow brackets from ruling the fit
constexpr std::size_t enough_for_slope = 4;  // with fewer ticks the nominal period is the better guess
constexpr int fit_iterations = 4;

double middle(const TickBracket& bracket) {
  return (bracket.after_s + bracket.before_s) / 2;
}
double half_width(const TickBracket& bracket) {
  return (bracket.before_s - bracket.after_s) / 2 + jitter_s;
}

/// Tick numbers counted from the narrowest bracket.
std::vector<double> numbers_of(const std::vector<TickBracket>& brackets, double period_s) {
  const auto narrowest = std::min_element(brackets.begin(), brackets.end(),
                                          [](const auto& a, const auto& b) { return half_width(a) < half_width(b); });
  std::vector<double> numbers;
  numbers.reserve(brackets.size());
  for (const TickBracket& bracket : brackets) {
    numbers.push_back(std::round((middle(bracket) - middle(*narrowest)) / period_s));
  }
  return numbers;
}

Line with_nominal_period(const std::vector<double>& numbers, const std::vector<double>& times_s,
                         const std::vector<double>& weights, double period_s) {
  double sum_s = 0;
  double weight = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    sum_s += weights[i] * (times_s[i] - numbers[i] * period_s);
    weight += weights[i];
  }
  return {.slope = period_s, .intercept = sum_s / weight};
}

}  // namespace

TickFinder::Seen TickFinder::feed(const EnergyReading& reading) {
  if (!last_) {
    last_ = reading;
    last_change_s_ = reading.end_s;
    if (period_s_ <= 0) brackets_.push_back({reading.begin_s, reading.end_s, reading.energy_j});
    return Seen::first;
  }
  const EnergyReading before = *last_;
  last_ = reading;
  if (reading.energy_j < before.energy_j) return Seen::went_back;
  // A reading that carries its own moment is the same one until there is news.
  if (period_s_ <= 0 && reading.begin_s == before.begin_s && reading.end_s == before.end_s) return Seen::same;
  const bool changed = reading.energy_j > before.energy_j;
  if (changed) last_change_s_ = reading.end_s;
  if (period_s_ <= 0) {
    brackets_.push_back({reading.begin_s, reading.end_s, reading.energy_j});
    return changed ? Seen::tick : Seen::same;
  }
  if (!changed) return Seen::same;
  const TickBracket bracket{before.begin_s, reading.end_s, reading.energy_j};
  const double expected_s =
      brackets_.empty() ? middle(bracket) : phase_s_ + period_s_ * std::round((middle(bracket) - phase_s_) / period_s_);
  phase_s_ = std::clamp(expected_s, bracket.after_s, bracket.before_s);
  brackets_.push_back(bracket);
  return Seen::tick;
}

std::optional<double> TickFinder::next_tick_s() const {
  if (period_s_ <= 0 || brackets_.empty()) return std::nullopt;
  return phase_s_ + period_s_;
}

std::vector<double> fit_tick_times(const std::vector<TickBracket>& brackets, double period_s) {
  std::vector<double> times_s;
  times_s.reserve(brackets.size());
  for (const TickBracket& bracket : brackets) times_s.push_back(middle(bracket));
  if (period_s <= 0 || brackets.size() < 2) return times_s;

  const std::vector<double> numbers = numbers_of(brackets, period_s);
  const std::vector<double> middles_s = times_s;
  for (int iteration = 0; iteration < fit_iterations; ++iteration) {
    std::vector<double> weights;
    for (std::size_t i = 0; i < brackets.size(); ++i) {
      const double width_s = half_width(brackets[i]);
      // How far the line of the last turn left the bracket: such a tick was late, or numbered wrongly.
      const double outside_s = std::max(0.0, std::abs(times_s[i] - middles_s[i]) - width_s);
      weights.push_back(1 / (width_s * width_s) / (1 + outside_s / width_s));
    }
    std::optional<Line> line;
    if (brackets.size() >= enough_for_slope) line = fit_line(numbers, middles_s, weights);
    if (!line || std::abs(line->slope / period_s - 1) > period_tolerance) {
      line = with_nominal_period(numbers, middles_s, weights, period_s);
    }
    for (std::size_t i = 0; i < brackets.size(); ++i) times_s[i] = line->intercept + line->slope * numbers[i];
  }
  for (std::size_t i = 0; i < brackets.size(); ++i) {
    times_s[i] = std::clamp(times_s[i], brackets[i].after_s, brackets[i].before_s);
  }
  return times_s;
}

}  // namespace clear_native
