#pragma once
// What was seen of a meter and of the power fields beside it, and when the load changed.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/meters/meter.hpp"

namespace clear_native {

/// So much energy had been spent at that time.
struct EnergyPoint {
  double time_s = 0;
  double energy_j = 0;
};

/// A load began (`on`) or ended.
struct LoadEdge {
  double time_s = 0;
  bool on = false;
};

/// One power field as it was polled.
struct FieldTrace {
  std::string name;
  std::vector<PowerSample> seen;
  std::vector<double> read_s;  // how long each read took
};

struct SensorTrace {
  std::vector<EnergyReading> readings;
  std::vector<FieldTrace> fields;  // in the order in which they were first seen
  std::vector<PowerSample> samples;
  std::vector<LoadEdge> edges;
  double begin_s = 0;
  double end_s = 0;

  /// Changes of the reading; the time is the middle of where the change must lie.
  [[nodiscard]] std::vector<EnergyPoint> ticks() const;
  /// Of the best that was seen between the two times: sums of samples, else ticks.
  [[nodiscard]] std::vector<EnergyPoint> energy(double begin_s, double end_s) const;
  /// Absent where fewer than two moments were seen.
  [[nodiscard]] std::optional<double> mean_power_w(double begin_s, double end_s) const;
};

/// Straight between the points; the energy of the nearest end outside of them. There is a point.
double energy_at(std::span<const EnergyPoint> points, double time_s);

/// Median of the time between one and the next; absent for fewer than two.
std::optional<double> median_gap_s(std::span<const double> times_s);

/// The times of points, samples or edges.
template <class Points>
std::vector<double> times_of(const Points& points) {
  std::vector<double> times_s;
  times_s.reserve(points.size());
  for (const auto& point : points) times_s.push_back(point.time_s);
  return times_s;
}

}  // namespace clear_native
