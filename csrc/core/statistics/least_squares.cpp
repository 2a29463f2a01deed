#include "least_squares.hpp"

#include <cmath>

namespace clear_native {
namespace {

constexpr double least_pivot = 1e-10;  // of the diagonal it came from: less is rounding

/// Lower triangle L with L L' = matrix; absent where the matrix is not positive definite.
std::optional<Matrix> cholesky(const Matrix& matrix) {
  const std::size_t n = matrix.rows();
  Matrix lower(n, n);
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t column = 0; column <= row; ++column) {
      double rest = matrix(row, column);
      for (std::size_t k = 0; k < column; ++k) rest -= lower(row, k) * lower(column, k);
      if (row != column) {
        lower(row, column) = rest / lower(column, column);
        continue;
      }
      if (!(rest > least_pivot * matrix(row, row))) return std::nullopt;
      lower(row, row) = std::sqrt(rest);
    }
  }
  return lower;
}

}  // namespace

std::optional<Matrix> inverse_of_positive(const Matrix& matrix) {
  const std::optional<Matrix> lower = cholesky(matrix);
  if (!lower) return std::nullopt;
  const std::size_t n = matrix.rows();
  Matrix lower_inverse(n, n);
  for (std::size_t column = 0; column < n; ++column) {
    for (std::size_t row = column; row < n; ++row) {
      double rest = row == column ? 1 : 0;
      for (std::size_t k = column; k < row; ++k) rest -= (*lower)(row, k) * lower_inverse(k, column);
      lower_inverse(row, column) = rest / (*lower)(row, row);
    }
  }
  return gram(lower_inverse);
}

Matrix gram(const Matrix& matrix) {
  Matrix sums(matrix.columns(), matrix.columns());
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    for (std::size_t i = 0; i < matrix.columns(); ++i) {
      const double value = matrix(row, i);
      if (value == 0) continue;
      for (std::size_t j = 0; j < matrix.columns(); ++j) sums(i, j) += value * matrix(row, j);
    }
  }
  return sums;
}

std::vector<double> transposed_times(const Matrix& matrix, std::span<const double> values) {
  std::vector<double> sums(matrix.columns(), 0);
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    for (std::size_t i = 0; i < matrix.columns(); ++i) sums[i] += matrix(row, i) * values[row];
  }
  return sums;
}

std::vector<double> times(const Matrix& matrix, std::span<const double> values) {
  std::vector<double> sums(matrix.rows(), 0);
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    for (std::size_t i = 0; i < matrix.columns(); ++i) sums[row] += matrix(row, i) * values[i];
  }
  return sums;
}

std::optional<std::vector<double>> least_squares(const Matrix& x, std::span<const double> y) {
  if (x.rows() < x.columns()) return std::nullopt;
  const std::optional<Matrix> inverse = inverse_of_positive(gram(x));
  if (!inverse) return std::nullopt;
  return times(*inverse, transposed_times(x, y));
}

}  // namespace clear_native
