#pragma once
// The few statistics that the engine needs. Nothing here knows of energy.

#include <optional>
#include <span>

namespace clear_native {

/// x with P(|T| <= x) = confidence for Student's t with `degrees_of_freedom` (at least 1; need not be whole).
double student_t_two_sided(double confidence, double degrees_of_freedom);
/// P(|T| > |t|), with all its digits also where it is tiny.
double student_t_beyond(double t, double degrees_of_freedom);

/// y = intercept + slope * x, weighted least squares.
struct Line {
  double slope = 0;
  double intercept = 0;
};

/// Absent with fewer than two different x. Empty `weights`: all equal.
std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y,
                             std::span<const double> weights = {});

/// Mean of values of which each counts by its weight, and the standard error of that mean whatever the variances really
/// are (HC2 of MacKinnon and White 1985; the textbook's for equal weights), because weights are only a guess of them.
/// Absent for no values; `standard_error` is absent for fewer than two.
struct WeightedMean {
  double mean = 0;
  double standard_deviation = 0;  // of a value of average weight
  std::optional<double> standard_error;
};

std::optional<WeightedMean> weighted_mean(std::span<const double> values, std::span<const double> weights = {});

}  // namespace clear_native
