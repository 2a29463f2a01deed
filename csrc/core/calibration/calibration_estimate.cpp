#include "calibration_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "core/rounds/corrected.hpp"
#include "core/rounds/target_status.hpp"
#include "core/statistics/statistics.hpp"
#include "slow_powers.hpp"

namespace clear_native {
namespace {

constexpr double full_clock_share = 0.99;
constexpr std::size_t slow_effects = 2;  // of which CalibratedWindows::uncertain_w tells

/// Rate and power of a load in one round.
struct Measured {
  double units_per_s = 0;
  double power_w = 0;
};

/// Values with one of each round; windows of a calibration are equally long.
std::optional<Interval> interval_between(const std::vector<double>& values, double freedom_lost) {
  const std::vector<double> lengths_s(values.size(), 1.0);
  return values.empty() ? std::nullopt : interval_of(values, lengths_s, freedom_lost);
}

std::map<int, Measured> measured_by_round(const CalibratedWindows& seen, const CalibratedPoint& point) {
  std::map<int, Measured> rounds;
  const auto found = seen.by_target.find(point.target);
  if (found == seen.by_target.end()) return rounds;
  for (const auto& [round, one] : by_round(found->second)) {
    if (one.time_s > 0) rounds[round] = {point.units_per_pass / one.time_s, one.energy_j / one.time_s};
  }
  return rounds;
}

double fastest_clock_mhz(const std::vector<Window>& windows) {
  double fastest = 0;
  for (const Window& window : windows) {
    if (window.operating_point) fastest = std::max(fastest, window.operating_point->sm_clock_mhz.value_or(0));
  }
  return fastest;
}

/// Drivers go on to tell of the cap for a while after it held something else down; the clock is that of the moment.
bool is_held_down(const Window& window, double full_clock_mhz) {
  const std::optional<OperatingPoint>& point = window.operating_point;
  return is_power_capped(window) && point && point->sm_clock_mhz.value_or(0) <= full_clock_share * full_clock_mhz;
}

/// In a quarter of its windows already: at the border of the cap a mean is of neither state.
bool is_capped(const std::vector<Window>& windows, const CalibratedPoint& point) {
  const double full_clock_mhz = fastest_clock_mhz(windows);
  const std::vector<const Window*> own = windows_of(windows, point.target);
  const auto capped = std::count_if(
      own.begin(), own.end(), [full_clock_mhz](const Window* window) { return is_held_down(*window, full_clock_mhz); });
  return 4 * capped > static_cast<std::ptrdiff_t>(own.size());
}

/// Deviation of the points between the ends from the line through the ends, over the rise between these.
std::optional<double> bend_of(const std::vector<double>& rates, const std::vector<double>& powers) {
  if (rates.size() < 3) return std::nullopt;
  const double rise = powers.front() - powers.back();
  const double run = rates.front() - rates.back();
  if (rise == 0 || run == 0) return std::nullopt;
  double largest = 0;
  for (std::size_t i = 1; i + 1 < rates.size(); ++i) {
    const double expected = powers.back() + rise * (rates[i] - rates.back()) / run;
    const double off = (powers[i] - expected) / rise;
    if (std::abs(off) > std::abs(largest)) largest = off;
  }
  return largest;
}

/// Of a kind's rates, the fastest first.
struct Rates {
  std::vector<std::map<int, Measured>> points;
  std::vector<bool> capped;
  std::vector<std::vector<double>> uncertain_w;  // per rate and effect; empty where nothing was fitted

  [[nodiscard]] std::set<int> rounds() const {
    std::set<int> all;
    for (const auto& point : points) {
      for (const auto& [round, measured] : point) all.insert(round);
    }
    return all;
  }

  /// Capped rates are left out of a line that two others make.
  [[nodiscard]] bool leave_out() const {
    int others = 0;
    for (std::size_t i = 0; i < points.size(); ++i) others += !capped[i] && !points[i].empty() ? 1 : 0;
    return others >= 2;
  }

  [[nodiscard]] std::vector<Measured> on_line(int round) const {
    std::vector<Measured> found;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto at = points[i].find(round);
      if (at != points[i].end() && !(leave_out() && capped[i])) found.push_back(at->second);
    }
    return found;
  }
};

Rates rates_of(const std::vector<Window>& windows, const CalibratedWindows& seen, const CalibratedKind& kind) {
  Rates rates;
  for (const CalibratedPoint& point : kind.points) {
    rates.points.push_back(measured_by_round(seen, point));
    rates.capped.push_back(is_capped(windows, point));
    const auto uncertain = seen.uncertain_w.find(point.target);
    rates.uncertain_w.push_back(uncertain == seen.uncertain_w.end() ? std::vector<double>{} : uncertain->second);
  }
  return rates;
}

double mean_rate(const std::map<int, Measured>& point) {
  double sum = 0;
  for (const auto& [round, measured] : point) sum += measured.units_per_s;
  return sum / static_cast<double>(point.size());
}

/// How far slope and intercept of the line are uncertain by what was fitted before: it is the same in every round, so
/// that no scatter between them shows it.
Line uncertainty_of_line(const Rates& rates) {
  Line uncertain{.slope = 0, .intercept = 0};
  for (std::size_t effect = 0; effect < slow_effects; ++effect) {
    std::vector<double> per_s;
    std::vector<double> off_w;
    for (std::size_t i = 0; i < rates.points.size(); ++i) {
      if (rates.points[i].empty() || rates.uncertain_w[i].size() <= effect) continue;
      if (rates.leave_out() && rates.capped[i]) continue;
      per_s.push_back(mean_rate(rates.points[i]));
      off_w.push_back(rates.uncertain_w[i][effect]);
    }
    const std::optional<Line> line = fit_line(per_s, off_w);
    uncertain.slope = std::hypot(uncertain.slope, line ? line->slope : 0);
    uncertain.intercept = std::hypot(uncertain.intercept, line ? line->intercept : 0);
  }
  return uncertain;
}

void widen_by(std::optional<Interval>& interval, double standard_error) {
  if (interval && interval->mean != 0) widen(interval, standard_error / std::abs(interval->mean));
}

void fit_lines(KindCost& cost, const Rates& rates, double freedom_lost) {
  std::vector<double> slopes;
  std::vector<double> bases;
  std::vector<double> bends;
  for (const int round : rates.rounds()) {
    std::vector<double> per_s;
    std::vector<double> powers;
    for (const Measured& measured : rates.on_line(round)) {
      per_s.push_back(measured.units_per_s);
      powers.push_back(measured.power_w);
    }
    const std::optional<Line> line = fit_line(per_s, powers);
    if (!line) continue;
    slopes.push_back(line->slope);
    bases.push_back(line->intercept);
    if (const std::optional<double> bend = bend_of(per_s, powers)) bends.push_back(*bend);
  }
  cost.energy_per_unit_j = interval_between(slopes, freedom_lost);
  cost.base_power_w = interval_between(bases, freedom_lost);
  const Line uncertain = uncertainty_of_line(rates);
  widen_by(cost.energy_per_unit_j, uncertain.slope);
  widen_by(cost.base_power_w, uncertain.intercept);
  if (const std::optional<Interval> bend = interval_between(bends, freedom_lost)) cost.bend = bend->mean;
}

}  // namespace

CalibratedWindows calibrated_windows(const std::vector<Window>& windows, const std::vector<std::string>& targets) {
  std::vector<Observations> observations;
  observations.reserve(targets.size());
  for (const std::string& target : targets) observations.push_back(observations_of(windows, target));
  ReferredPowers referred = referred_powers(std::move(observations));
  CalibratedWindows seen;
  seen.freedom_lost = referred.freedom_lost;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    seen.by_target[targets[i]] = std::move(referred.observations[i]);
    for (const std::vector<double>& effect : referred.uncertain_w) {
      seen.uncertain_w[targets[i]].push_back(effect[i]);
    }
  }
  return seen;
}

KindCost cost_of_kind(const std::vector<Window>& windows, const CalibratedWindows& seen, const CalibratedKind& kind) {
  KindCost cost;
  cost.name = kind.name;
  cost.unit = kind.unit;
  const Rates rates = rates_of(windows, seen, kind);
  if (rates.points.empty()) return cost;
  if (std::count(rates.capped.begin(), rates.capped.end(), true) > 0) {
    cost.statuses.emplace_back("power_capped");
    if (!rates.leave_out()) cost.statuses.emplace_back("line_power_capped");
  }
  fit_lines(cost, rates, seen.freedom_lost);
  std::vector<double> per_s;
  std::vector<double> powers;
  for (const auto& [round, measured] : rates.points.front()) {
    per_s.push_back(measured.units_per_s);
    powers.push_back(measured.power_w);
  }
  cost.units_per_s = interval_between(per_s, seen.freedom_lost);
  cost.power_w = interval_between(powers, seen.freedom_lost);
  return cost;
}

std::optional<Interval> power_of(const CalibratedWindows& seen, const std::string& target) {
  std::vector<double> powers;
  for (const auto& [round, measured] : measured_by_round(seen, {.target = target, .units_per_pass = 0})) {
    powers.push_back(measured.power_w);
  }
  std::optional<Interval> power = interval_between(powers, seen.freedom_lost);
  if (const auto found = seen.uncertain_w.find(target); found != seen.uncertain_w.end()) {
    for (const double off_w : found->second) widen_by(power, off_w);
  }
  return power;
}

}  // namespace clear_native
