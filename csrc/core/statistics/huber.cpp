#include "huber.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "center.hpp"

namespace clear_native {
namespace {

// At 1.345, as is common, standard errors from a few tens of rows came out 5 % too small on the simulated device.
constexpr double drawn_in_from = 2;
constexpr double rows_per_column = 2;
constexpr int most_iterations = 200;
constexpr int iterations_of_scale = 20;  // then it stays, or scale and slopes might chase each other for ever
constexpr double converged = 1e-12;      // of the scale

/// Of noise, from residuals of a fit with so many coefficients.
double robust_deviation(const std::vector<double>& residuals, std::size_t coefficients) {
  std::vector<double> sizes;
  sizes.reserve(residuals.size());
  for (const double residual : residuals) sizes.push_back(std::abs(residual));
  const double n = static_cast<double>(residuals.size());
  return deviation_over_median * median(std::move(sizes)) * std::sqrt(n / (n - static_cast<double>(coefficients)));
}

std::vector<double> minus(std::span<const double> values, const std::vector<double>& others) {
  std::vector<double> differences(values.begin(), values.end());
  for (std::size_t i = 0; i < differences.size(); ++i) differences[i] -= others[i];
  return differences;
}

}  // namespace

std::optional<Tamed> tamed(const Matrix& x, std::span<const double> y, std::span<const double> weights) {
  const std::size_t n = x.rows();
  if (static_cast<double>(n) < rows_per_column * static_cast<double>(x.columns())) return std::nullopt;
  Matrix scaled = x;
  std::vector<double> factors(n, 1);
  std::vector<double> values(y.begin(), y.end());
  for (std::size_t row = 0; row < n && !weights.empty(); ++row) {
    factors[row] = std::sqrt(weights[row]);
    values[row] *= factors[row];
    for (std::size_t i = 0; i < x.columns(); ++i) scaled(row, i) *= factors[row];
  }
  const std::optional<Matrix> inverse = inverse_of_positive(gram(scaled));
  if (!inverse) return std::nullopt;
  std::vector<double> slopes = times(*inverse, transposed_times(scaled, values));
  std::vector<double> residuals = minus(values, times(scaled, slopes));
  double deviation = robust_deviation(residuals, x.columns());
  Tamed result{.values = {y.begin(), y.end()}};
  if (!(deviation > 0)) return result;
  const auto drawn_in = [&](double residual) {
    const double most = drawn_in_from * deviation;
    return std::clamp(residual, -most, most);
  };
  for (int i = 0; i < most_iterations; ++i) {
    std::vector<double> kept = residuals;
    for (double& residual : kept) residual = drawn_in(residual);
    const std::vector<double> steps = times(*inverse, transposed_times(scaled, kept));
    double moved = 0;
    for (const double step : times(scaled, steps)) moved = std::max(moved, std::abs(step));
    for (std::size_t k = 0; k < slopes.size(); ++k) slopes[k] += steps[k];
    residuals = minus(values, times(scaled, slopes));
    if (i < iterations_of_scale) deviation = robust_deviation(residuals, x.columns());
    if (!(deviation > 0)) return result;
    if (moved < converged * deviation) break;
  }
  double untouched = 0;  // mean derivative of the influence function
  for (const double residual : residuals) {
    if (std::abs(residual) <= drawn_in_from * deviation) untouched += 1 / static_cast<double>(n);
  }
  // Residuals of few rows are smaller than the noise, and more so where some of them were drawn in (Huber 1973).
  const double columns_per_row = static_cast<double>(x.columns()) / static_cast<double>(n);
  const double stretch = (1 + columns_per_row * (1 - untouched) / untouched) / untouched;
  const std::vector<double> fitted = times(scaled, slopes);
  for (std::size_t row = 0; row < n; ++row) {
    if (std::abs(residuals[row]) > wild_from * deviation) ++result.wild;
    result.values[row] = (fitted[row] + drawn_in(residuals[row]) * stretch) / factors[row];
  }
  return result;
}

}  // namespace clear_native
