#pragma once
// Linear equations of the estimates: small, dense, symmetric.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace clear_native {

class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns), values_(rows * columns, 0) {}
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  double& operator()(std::size_t row, std::size_t column) { return values_[row * columns_ + column]; }
  double operator()(std::size_t row, std::size_t column) const { return values_[row * columns_ + column]; }

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::vector<double> values_;
};

/// Inverse of a symmetric positive definite matrix (Cholesky); absent where it is not one.
std::optional<Matrix> inverse_of_positive(const Matrix& matrix);

/// Transposed times itself: the sums of the normal equations.
Matrix gram(const Matrix& matrix);
/// Transposed times a vector.
std::vector<double> transposed_times(const Matrix& matrix, std::span<const double> values);
std::vector<double> times(const Matrix& matrix, std::span<const double> values);

/// The coefficients that come closest to y = x b; absent where the columns of x are not independent.
std::optional<std::vector<double>> least_squares(const Matrix& x, std::span<const double> y);

}  // namespace clear_native
