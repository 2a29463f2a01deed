#pragma once
// What the odometer said during a window, and how many passes were done at any moment of it.

#include <optional>
#include <vector>

#include "workload.hpp"

namespace clear_native {

class OdometerTrack {
 public:
  /// A reading without progress since the one before (same stamp, or no more passes) is left out.
  void add(const OdometerReading& reading);

  /// Passes at `time_s`: between two readings in proportion, outside them by the rate of the nearer half of the track.
  /// Absent with fewer than two readings.
  [[nodiscard]] std::optional<double> passes_at(double time_s) const;

  [[nodiscard]] const std::vector<OdometerReading>& readings() const noexcept { return readings_; }
  [[nodiscard]] std::vector<OdometerReading> readings_within(double begin_s, double end_s) const;

  /// Least-squares slope of time on passes over the readings in [begin_s, end_s]; absent with fewer than two.
  [[nodiscard]] std::optional<double> time_per_pass_s(double begin_s, double end_s) const;

 private:
  std::vector<OdometerReading> readings_;
};

}  // namespace clear_native
