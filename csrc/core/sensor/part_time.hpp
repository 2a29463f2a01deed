#pragma once
// Whether a sensor looks part of the time only: a load that alternates nearly as fast as it looks beats with it.
//
// The sensor's samples are means of its looks. If those come every p, and the load goes on and off with a period near
// p, the looks drift slowly through the load's cycle, and samples swing between idle and full power with the difference
// of the two frequencies. A sensor that looks all the time sees half of both, whatever the period.

#include <optional>

#include "sensor_bench.hpp"

namespace clear_native {

inline constexpr double suspected_look_period_s = 0.805e-3;  // of an H200
inline constexpr double least_part_time_s = 4.5;             // so that each period has its fewest samples of 20 ms

/// `look_s`: for how long it looks; absent where the swing's shape does not tell.
struct PartTime {
  double look_period_s = 0;
  std::optional<double> look_s = std::nullopt;
};

/// Absent where this device cannot alternate, has no samples, or nothing beats. Less than `least_part_time_s` shows
/// nothing. `watch.between` is called between two loads.
std::optional<PartTime> find_part_time(SensorBench& bench, double duration_s, const BenchWatch& watch,
                                       double suspected_s = suspected_look_period_s);

}  // namespace clear_native
