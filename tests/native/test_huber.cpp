#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "core/statistics/huber.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

using testing::NormalNoise;

struct Line {
  Matrix x;
  std::vector<double> y;
};

/// y = 3 a - 2 b and noise of 0.1, in designs of +1 and -1.
Line noisy_line(std::size_t rows, std::uint64_t seed) {
  Line line{.x = Matrix(rows, 2), .y = {}};
  NormalNoise noise(seed);
  for (std::size_t row = 0; row < rows; ++row) {
    line.x(row, 0) = row % 2 == 0 ? 1 : -1;
    line.x(row, 1) = row / 2 % 2 == 0 ? 1 : -1;
    line.y.push_back(3 * line.x(row, 0) - 2 * line.x(row, 1) + 0.1 * noise.normal());
  }
  return line;
}

TEST(Tamed, LeavesExactValuesAlone) {
  Line line = noisy_line(12, 1);
  for (std::size_t row = 0; row < 12; ++row) line.y[row] = 3 * line.x(row, 0) - 2 * line.x(row, 1);
  const auto found = tamed(line.x, line.y);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->wild, 0);
  for (std::size_t row = 0; row < 12; ++row) EXPECT_NEAR(found->values[row], line.y[row], 1e-9);
}

TEST(Tamed, AWildValuePullsNoFurtherThanAModestOne) {
  Line line = noisy_line(40, 2);
  line.y[5] += 10;
  const auto found = tamed(line.x, line.y);
  line.y[5] += 1000;
  const auto wilder = tamed(line.x, line.y);
  ASSERT_TRUE(found && wilder);
  EXPECT_EQ(found->wild, 1);
  const auto slopes = least_squares(line.x, found->values);
  const auto wilder_slopes = least_squares(line.x, wilder->values);
  ASSERT_TRUE(slopes && wilder_slopes);
  EXPECT_NEAR((*slopes)[0], 3, 0.06);
  EXPECT_NEAR((*slopes)[1], -2, 0.06);
  EXPECT_NEAR((*slopes)[0], (*wilder_slopes)[0], 1e-6);
}

TEST(Tamed, SpreadOfItsValuesIsThatOfTheEstimate) {
  // Noise that is now and then twenty times as large: standard errors of least squares on the tamed values must be what
  // the estimates really scatter by, and below those on the wild ones.
  constexpr int trials = 2000;
  constexpr std::size_t rows = 60;
  double stated = 0;
  double seen = 0;
  double untamed = 0;
  NormalNoise luck(7);
  for (int trial = 0; trial < trials; ++trial) {
    Line line = noisy_line(rows, static_cast<std::uint64_t>(trial) + 100);
    for (double& value : line.y) {
      if (luck.uniform() < 0.05) value += 2 * luck.normal();
    }
    const auto found = tamed(line.x, line.y);
    ASSERT_TRUE(found);
    const auto slopes = least_squares(line.x, found->values);
    ASSERT_TRUE(slopes);
    const std::vector<double> fitted = times(line.x, *slopes);
    double squares = 0;
    for (std::size_t row = 0; row < rows; ++row) squares += std::pow(found->values[row] - fitted[row], 2);
    stated += squares / (rows - 2) / rows;
    seen += std::pow((*slopes)[0] - 3, 2);
    untamed += std::pow((*least_squares(line.x, line.y))[0] - 3, 2);
  }
  EXPECT_NEAR(stated / seen, 1, 0.12);
  EXPECT_LT(seen, untamed / 5);
}

TEST(Tamed, WeightsSayWhichValuesAreNoisier) {
  Line line = noisy_line(40, 3);
  std::vector<double> weights(40, 1);
  for (std::size_t row = 0; row < 20; ++row) {
    weights[row] = 0.01;
    line.y[row] += line.x(row, 0) > 0 ? 1.2 : -0.8;  // modest for a deviation of 1, wild for one of 0.1
  }
  const auto equal = tamed(line.x, line.y);
  const auto weighed = tamed(line.x, line.y, weights);
  ASSERT_TRUE(equal && weighed);
  EXPECT_EQ(weighed->wild, 0);
  EXPECT_NEAR(weighed->values[39], line.y[39], 0.2);
}

TEST(Tamed, IsAbsentWhereNothingTellsWildValues) {
  Line few = noisy_line(3, 4);
  EXPECT_FALSE(tamed(few.x, few.y)) << "two columns need four rows";
  Line dependent = noisy_line(12, 5);
  for (std::size_t row = 0; row < 12; ++row) dependent.x(row, 1) = dependent.x(row, 0);
  EXPECT_FALSE(tamed(dependent.x, dependent.y));
}

}  // namespace
}  // namespace clear_native
