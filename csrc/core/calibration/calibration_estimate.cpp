#include "calibration_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>

#include "core/rounds/observations.hpp"
#include "core/rounds/target_status.hpp"
#include "core/statistics/statistics.hpp"

namespace clear_native {
namespace {

/// Rate and power of a load in one round.
struct Measured {
  double units_per_s = 0;
  double power_w = 0;
};

/// Values with one of each round; windows of a calibration are equally long.
std::optional<Interval> interval_between(const std::vector<double>& values) {
  const std::vector<double> lengths_s(values.size(), 1.0);
  return values.empty() ? std::nullopt : interval_of(values, lengths_s);
}

std::map<int, Measured> measured_by_round(const std::vector<Window>& windows, const CalibratedPoint& point) {
  std::map<int, Measured> rounds;
  for (const auto& [round, seen] : by_round(observations_of(windows, point.target))) {
    if (seen.time_s > 0) rounds[round] = {point.units_per_pass / seen.time_s, seen.energy_j / seen.time_s};
  }
  return rounds;
}

bool is_capped(const std::vector<Window>& windows, const CalibratedPoint& point) {
  const std::vector<const Window*> own = windows_of(windows, point.target);
  const auto capped =
      std::count_if(own.begin(), own.end(), [](const Window* window) { return is_power_capped(*window); });
  return 2 * capped > static_cast<std::ptrdiff_t>(own.size());
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

  [[nodiscard]] std::set<int> rounds() const {
    std::set<int> all;
    for (const auto& point : points) {
      for (const auto& [round, measured] : point) all.insert(round);
    }
    return all;
  }

  /// Capped rates are left out of a line that two others make.
  [[nodiscard]] std::vector<Measured> on_line(int round) const {
    const bool leave_out = std::count(capped.begin(), capped.end(), false) >= 2;
    std::vector<Measured> found;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto at = points[i].find(round);
      if (at != points[i].end() && !(leave_out && capped[i])) found.push_back(at->second);
    }
    return found;
  }
};

Rates rates_of(const std::vector<Window>& windows, const CalibratedKind& kind) {
  Rates rates;
  for (const CalibratedPoint& point : kind.points) {
    rates.points.push_back(measured_by_round(windows, point));
    rates.capped.push_back(is_capped(windows, point));
  }
  return rates;
}

void fit_lines(KindCost& cost, const Rates& rates) {
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
  cost.energy_per_unit_j = interval_between(slopes);
  cost.base_power_w = interval_between(bases);
  if (const std::optional<Interval> bend = interval_between(bends)) cost.bend = bend->mean;
}

}  // namespace

KindCost cost_of_kind(const std::vector<Window>& windows, const CalibratedKind& kind) {
  KindCost cost;
  cost.name = kind.name;
  cost.unit = kind.unit;
  const Rates rates = rates_of(windows, kind);
  if (rates.points.empty()) return cost;
  if (std::count(rates.capped.begin(), rates.capped.end(), true) > 0) cost.statuses.emplace_back("power_capped");
  fit_lines(cost, rates);
  std::vector<double> per_s;
  std::vector<double> powers;
  for (const auto& [round, measured] : rates.points.front()) {
    per_s.push_back(measured.units_per_s);
    powers.push_back(measured.power_w);
  }
  cost.units_per_s = interval_between(per_s);
  cost.power_w = interval_between(powers);
  return cost;
}

std::optional<Interval> power_of(const std::vector<Window>& windows, const std::string& target) {
  std::vector<double> powers;
  for (const auto& [round, seen] : by_round(observations_of(windows, target))) {
    if (seen.time_s > 0) powers.push_back(seen.energy_j / seen.time_s);
  }
  return interval_between(powers);
}

}  // namespace clear_native
