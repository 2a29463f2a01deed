#include <gtest/gtest.h>

#include "core/statistics/least_squares.hpp"

namespace clear_native {
namespace {

Matrix matrix_of(const std::vector<std::vector<double>>& rows) {
  Matrix matrix(rows.size(), rows.front().size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < rows[i].size(); ++j) matrix(i, j) = rows[i][j];
  }
  return matrix;
}

TEST(InverseOfPositive, TimesTheMatrixIsOne) {
  const Matrix matrix = matrix_of({{4, 1, 0.5}, {1, 3, -1}, {0.5, -1, 2}});
  const auto inverse = inverse_of_positive(matrix);
  ASSERT_TRUE(inverse);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      double product = 0;
      for (std::size_t k = 0; k < 3; ++k) product += matrix(i, k) * (*inverse)(k, j);
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-12);
    }
  }
}

TEST(InverseOfPositive, IsAbsentWhereThereIsNone) {
  EXPECT_FALSE(inverse_of_positive(matrix_of({{1, 2}, {2, 4}}))) << "singular";
  EXPECT_FALSE(inverse_of_positive(matrix_of({{1, 2}, {2, 1}}))) << "not positive";
  EXPECT_FALSE(inverse_of_positive(matrix_of({{0}})));
}

TEST(LeastSquares, FindsTheCoefficientsAndTheBestCompromise) {
  const Matrix x = matrix_of({{1, 0}, {1, 1}, {1, 2}, {1, 3}});
  const auto exact = least_squares(x, std::vector<double>{1, 3, 5, 7});
  ASSERT_TRUE(exact);
  EXPECT_NEAR((*exact)[0], 1, 1e-12);
  EXPECT_NEAR((*exact)[1], 2, 1e-12);
  const auto best = least_squares(x, std::vector<double>{0, 0, 0, 4});
  EXPECT_NEAR((*best)[0], -0.8, 1e-12);
  EXPECT_NEAR((*best)[1], 1.2, 1e-12);
}

TEST(LeastSquares, IsAbsentWhereColumnsCannotBeToldApart) {
  EXPECT_FALSE(least_squares(matrix_of({{1, 2}, {2, 4}, {3, 6}}), std::vector<double>{1, 2, 3}));
  EXPECT_FALSE(least_squares(matrix_of({{1, 2}}), std::vector<double>{1})) << "fewer rows than columns";
}

TEST(Matrix, GramAndProducts) {
  const Matrix x = matrix_of({{1, 2}, {3, 4}, {5, 6}});
  const Matrix sums = gram(x);
  EXPECT_EQ(sums(0, 0), 35);
  EXPECT_EQ(sums(0, 1), 44);
  EXPECT_EQ(sums(1, 0), 44);
  EXPECT_EQ(sums(1, 1), 56);
  EXPECT_EQ(transposed_times(x, std::vector<double>{1, 0, -1}), (std::vector<double>{-4, -4}));
  EXPECT_EQ(times(x, std::vector<double>{1, -1}), (std::vector<double>{-1, -1, -1}));
}

}  // namespace
}  // namespace clear_native
