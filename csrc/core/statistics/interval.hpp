#pragma once
// A number with its interval.

#include <optional>

namespace clear_native {

/// A mean of values, one of each round, with the half-width of its 95 % interval. Absent half-width: fewer than two.
struct Interval {
  double mean = 0;
  std::optional<double> half_width = std::nullopt;
  double standard_deviation = 0;  // of one value
  int rounds = 0;
};

}  // namespace clear_native
