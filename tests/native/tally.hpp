#pragma once
// How one quantity came out over many simulated profiles.

#include <algorithm>
#include <cmath>

namespace clear_native::testing {

struct Tally {
  double error_sum = 0;
  double square_sum = 0;
  int seen = 0;
  int covered = 0;

  void add(double value, double half_width, double truth) {
    const double error = (value - truth) / truth;
    error_sum += error;
    square_sum += error * error;
    ++seen;
    if (std::abs(value - truth) <= half_width) ++covered;
  }
  [[nodiscard]] double bias() const { return error_sum / seen; }
  /// Of the bias, for what is noisy in every single profile.
  [[nodiscard]] double bias_standard_error() const {
    return std::sqrt(std::max(0.0, square_sum / seen - bias() * bias()) / seen);
  }
  [[nodiscard]] double coverage() const { return static_cast<double>(covered) / seen; }
};

}  // namespace clear_native::testing
