#include "sensor_trace.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/statistics/center.hpp"

namespace clear_native {

std::vector<EnergyPoint> SensorTrace::ticks() const {
  std::vector<EnergyPoint> found;
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const EnergyReading& before = readings[i - 1];
    const EnergyReading& now = readings[i];
    if (now.energy_j == before.energy_j) continue;
    const bool carries_its_moment = now.begin_s == now.end_s;
    found.push_back({carries_its_moment ? now.begin_s : (before.begin_s + now.end_s) / 2, now.energy_j});
  }
  return found;
}

std::vector<EnergyPoint> SensorTrace::energy(double from_s, double until_s) const {
  std::vector<EnergyPoint> points;
  if (samples.size() > 1) {
    double energy_j = 0;
    points.push_back({samples.front().time_s, 0});
    for (std::size_t i = 1; i < samples.size(); ++i) {
      energy_j += samples[i].power_w * (samples[i].time_s - samples[i - 1].time_s);
      points.push_back({samples[i].time_s, energy_j});
    }
  } else {
    points = ticks();
  }
  std::erase_if(points, [&](const EnergyPoint& point) { return point.time_s < from_s || point.time_s > until_s; });
  return points;
}

std::optional<double> SensorTrace::mean_power_w(double from_s, double until_s) const {
  const std::vector<EnergyPoint> points = energy(from_s, until_s);
  if (points.size() < 2 || points.back().time_s <= points.front().time_s) return std::nullopt;
  return (points.back().energy_j - points.front().energy_j) / (points.back().time_s - points.front().time_s);
}

double energy_at(std::span<const EnergyPoint> points, double time_s) {
  const auto now = std::lower_bound(points.begin(), points.end(), time_s,
                                    [](const EnergyPoint& point, double at_s) { return point.time_s < at_s; });
  if (now == points.begin()) return points.front().energy_j;
  if (now == points.end()) return points.back().energy_j;
  const EnergyPoint& before = *(now - 1);
  const double share = (time_s - before.time_s) / (now->time_s - before.time_s);
  return before.energy_j + share * (now->energy_j - before.energy_j);
}

std::optional<double> median_gap_s(std::span<const double> times_s) {
  if (times_s.size() < 2) return std::nullopt;
  std::vector<double> gaps_s;
  gaps_s.reserve(times_s.size() - 1);
  for (std::size_t i = 1; i < times_s.size(); ++i) gaps_s.push_back(times_s[i] - times_s[i - 1]);
  return median(std::move(gaps_s));
}

}  // namespace clear_native
