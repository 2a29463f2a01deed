#include "grouped_slopes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace clear_native {
namespace {

constexpr double least_left = 1e-6;  // of a slope's variance that residuals still show

Matrix product(const Matrix& left, const Matrix& right) {
  Matrix result(left.rows(), right.columns());
  for (std::size_t row = 0; row < left.rows(); ++row) {
    for (std::size_t k = 0; k < left.columns(); ++k) {
      for (std::size_t column = 0; column < right.columns(); ++column) {
        result(row, column) += left(row, k) * right(k, column);
      }
    }
  }
  return result;
}

struct Group {
  Matrix sums;                // of its rows, for the normal equations
  std::vector<double> sides;  // its rows times their residuals
};

std::map<int, Group> grouped(const Matrix& x, const std::vector<double>& residuals, std::span<const int> groups) {
  const std::size_t n = x.columns();
  std::map<int, Group> result;
  for (std::size_t row = 0; row < x.rows(); ++row) {
    Group& group =
        result.try_emplace(groups[row], Group{.sums = Matrix(n, n), .sides = std::vector<double>(n, 0)}).first->second;
    for (std::size_t i = 0; i < n; ++i) {
      group.sides[i] += x(row, i) * residuals[row];
      for (std::size_t j = 0; j < n; ++j) group.sums(i, j) += x(row, i) * x(row, j);
    }
  }
  return result;
}

/// Per slope, the share of its variance that the groups' residuals show: fitting took the rest.
std::vector<double> shown_shares(const std::map<int, Group>& groups, const Matrix& inverse) {
  std::vector<double> taken(inverse.rows(), 0);
  for (const auto& [number, group] : groups) {
    const Matrix share = product(inverse, group.sums);
    const Matrix twice = product(product(share, share), inverse);
    for (std::size_t i = 0; i < taken.size(); ++i) taken[i] += twice(i, i);
  }
  std::vector<double> shares(taken.size());
  for (std::size_t i = 0; i < taken.size(); ++i) shares[i] = 1 - taken[i] / inverse(i, i);
  return shares;
}

}  // namespace

std::optional<SlopesByGroup> slopes_by_group(const Matrix& x, std::span<const double> y, std::span<const int> groups) {
  if (x.rows() < x.columns() || x.columns() == 0) return std::nullopt;
  const std::optional<Matrix> inverse = inverse_of_positive(gram(x));
  if (!inverse) return std::nullopt;
  const std::vector<double> slopes = times(*inverse, transposed_times(x, y));
  std::vector<double> residuals(y.begin(), y.end());
  const std::vector<double> fitted = times(x, slopes);
  for (std::size_t row = 0; row < residuals.size(); ++row) residuals[row] -= fitted[row];
  const std::map<int, Group> parts = grouped(x, residuals, groups);
  const std::vector<double> shares = shown_shares(parts, *inverse);
  SlopesByGroup result{.values = std::vector<std::map<int, double>>(slopes.size())};
  const double count = static_cast<double>(parts.size());
  const double spare_rows = static_cast<double>(x.rows() - x.columns());
  result.spare_rows = spare_rows;
  if (count < 2 || spare_rows < 1 || *std::min_element(shares.begin(), shares.end()) < least_left) {
    for (std::size_t i = 0; i < slopes.size(); ++i) result.values[i][parts.begin()->first] = slopes[i];
    return result;
  }
  result.freedom_lost = std::max(0.0, count - 1 - spare_rows);
  for (const auto& [number, group] : parts) {
    const std::vector<double> moved = times(*inverse, group.sides);
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      // The mean over groups brings a factor of count / (count - 1) of its own.
      const double scale = count * std::sqrt((count - 1) / count / shares[i]);
      result.values[i][number] = slopes[i] + scale * moved[i];
    }
  }
  return result;
}

}  // namespace clear_native
