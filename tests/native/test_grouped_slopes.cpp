#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/statistics/grouped_slopes.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

/// Rows of signs of a Hadamard matrix of order 4, without its constant column, over and over.
Matrix signs(std::size_t rows) {
  constexpr int pattern[4][3] = {{1, 1, 1}, {-1, 1, -1}, {1, -1, -1}, {-1, -1, 1}};
  Matrix x(rows, 3);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < 3; ++i) x(row, i) = pattern[row % 4][i];
  }
  return x;
}

std::vector<int> groups_of(std::size_t rows, std::size_t each) {
  std::vector<int> groups;
  for (std::size_t row = 0; row < rows; ++row) groups.push_back(static_cast<int>(row / each));
  return groups;
}

double mean_of(const std::map<int, double>& values) {
  double mean = 0;
  for (const auto& [group, value] : values) mean += value / static_cast<double>(values.size());
  return mean;
}

double squared_error_of(const std::map<int, double>& values) {
  const double n = static_cast<double>(values.size());
  double squares = 0;
  for (const auto& [group, value] : values) squares += std::pow(value - mean_of(values), 2);
  return squares / (n * (n - 1));
}

TEST(SlopesByGroup, WholeDesignsAreTheirOwnSlopes) {
  const Matrix x = signs(12);
  testing::NormalNoise noise(3);
  std::vector<double> y;
  for (std::size_t row = 0; row < 12; ++row) y.push_back(5 * x(row, 0) + noise.normal());
  const auto found = slopes_by_group(x, y, groups_of(12, 4));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->freedom_lost, 0);
  for (int group = 0; group < 3; ++group) {
    double own = 0;
    for (std::size_t row = 0; row < 4; ++row) {
      const std::size_t of_group = 4 * static_cast<std::size_t>(group) + row;
      own += x(of_group, 1) * y[of_group] / 4;
    }
    EXPECT_NEAR(found->values[1].at(group), own, 1e-12);
  }
}

TEST(SlopesByGroup, SmallGroupsHaveTheRightStandardError) {
  // Groups of two rows, each half a design: what they say of the standard error must be true on the mean.
  constexpr int trials = 4000;
  const Matrix x = signs(16);
  testing::NormalNoise noise(5);
  double stated = 0;
  double seen = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> y;
    for (std::size_t row = 0; row < 16; ++row) y.push_back(2 * x(row, 0) - x(row, 2) + noise.normal());
    const auto found = slopes_by_group(x, y, groups_of(16, 2));
    ASSERT_TRUE(found);
    stated += squared_error_of(found->values[2]);
    seen += std::pow(mean_of(found->values[2]) + 1, 2);
  }
  EXPECT_NEAR(stated / seen, 1, 0.08);
}

TEST(SlopesByGroup, TooFewRowsLoseFreedom) {
  const Matrix x = signs(5);
  const std::vector<double> y = {1, 2, 0, 4, 1.5};
  const auto found = slopes_by_group(x, y, groups_of(5, 1));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->freedom_lost, 2) << "five groups, and two rows more than slopes";
}

TEST(SlopesByGroup, NothingLeftToTellNoiseFromIsOneGroup) {
  const Matrix x = signs(3);
  const std::vector<double> y = {1, 2, 3};
  const auto found = slopes_by_group(x, y, groups_of(3, 1));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->values[0].size(), 1U);
  EXPECT_FALSE(slopes_by_group(signs(2), std::vector<double>{1, 2}, groups_of(2, 1)));
}

}  // namespace
}  // namespace clear_native
