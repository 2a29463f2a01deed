#include "statistics.hpp"

#include <cmath>
#include <cstddef>

namespace clear_native {
namespace {

/// Continued fraction of the incomplete beta function (Lentz's method).
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  constexpr int max_terms = 300;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < tiny ? tiny : d);
  double result = d;
  for (int m = 1; m <= max_terms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    c = 1 + even / c;
    c = std::abs(c) < tiny ? tiny : c;
    result *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    d = 1 / (std::abs(d) < tiny ? tiny : d);
    c = 1 + odd / c;
    c = std::abs(c) < tiny ? tiny : c;
    result *= d * c;
    if (std::abs(d * c - 1) < 1e-14) break;
  }
  return result;
}

double regularized_incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double log_front = std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
  const double front = std::exp(log_front);
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double weight_at(std::span<const double> weights, std::size_t i) {
  return weights.empty() ? 1.0 : weights[i];
}

}  // namespace

double student_t_beyond(double t, double degrees_of_freedom) {
  return regularized_incomplete_beta(degrees_of_freedom / 2, 0.5, degrees_of_freedom / (degrees_of_freedom + t * t));
}

double student_t_two_sided(double confidence, double degrees_of_freedom) {
  struct Known {
    double confidence = -1;
    double degrees_of_freedom = 0;
    double t = 0;
  };
  thread_local Known last;  // intervals of one result mostly have the same
  if (last.confidence == confidence && last.degrees_of_freedom == degrees_of_freedom) return last.t;
  double low = 0;
  double high = 1;
  while (student_t_beyond(high, degrees_of_freedom) > 1 - confidence && high < 1e6) high *= 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;  // neighbours: nothing lies between
    (student_t_beyond(middle, degrees_of_freedom) > 1 - confidence ? low : high) = middle;
  }
  last = {.confidence = confidence, .degrees_of_freedom = degrees_of_freedom, .t = (low + high) / 2};
  return last.t;
}

std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y, std::span<const double> weights) {
  double sum = 0;
  double mean_x = 0;
  double mean_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += weight_at(weights, i);
    mean_x += weight_at(weights, i) * x[i];
    mean_y += weight_at(weights, i) * y[i];
  }
  if (x.size() < 2 || sum <= 0) return std::nullopt;
  mean_x /= sum;
  mean_y /= sum;
  double xx = 0;
  double xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {  // about the means: times since boot would cost digits otherwise
    xx += weight_at(weights, i) * (x[i] - mean_x) * (x[i] - mean_x);
    xy += weight_at(weights, i) * (x[i] - mean_x) * (y[i] - mean_y);
  }
  if (xx <= 0) return std::nullopt;
  return Line{.slope = xy / xx, .intercept = mean_y - xy / xx * mean_x};
}

std::optional<WeightedMean> weighted_mean(std::span<const double> values, std::span<const double> weights) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  WeightedMean result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += weight_at(weights, i);
    result.mean += weight_at(weights, i) * values[i];
  }
  if (sum <= 0) return std::nullopt;
  result.mean /= sum;
  if (values.size() < 2) return result;
  double variance_of_mean = 0;
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double share = weight_at(weights, i) / sum;
    if (share >= 1) return result;  // the others count for nothing: as good as a single value
    const double square = (values[i] - result.mean) * (values[i] - result.mean);
    variance_of_mean += share * share * square / (1 - share);
    squares += share * square;
  }
  const double n = static_cast<double>(values.size());
  result.standard_error = std::sqrt(variance_of_mean);
  result.standard_deviation = std::sqrt(squares * n / (n - 1));
  return result;
}

}  // namespace clear_native
