#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/statistics/statistics.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

TEST(StudentT, AgreesWithTheTables) {
  EXPECT_NEAR(student_t_two_sided(0.95, 1), 12.7062, 1e-3);
  EXPECT_NEAR(student_t_two_sided(0.95, 3), 3.18245, 1e-4);
  EXPECT_NEAR(student_t_two_sided(0.95, 7), 2.36462, 1e-4);
  EXPECT_NEAR(student_t_two_sided(0.95, 30), 2.04227, 1e-4);
  EXPECT_NEAR(student_t_two_sided(0.95, 100000), 1.95996, 1e-3);
  EXPECT_NEAR(student_t_two_sided(0.99, 5), 4.03214, 1e-4);
}

TEST(FitLine, FindsAnExactLineFarFromTheOrigin) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 10; ++i) {
    x.push_back(1e6 + i);
    y.push_back(3e5 + 0.25 * i);
  }
  const auto line = fit_line(x, y);
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->slope, 0.25, 1e-12);
  EXPECT_NEAR(line->intercept + line->slope * 1e6, 3e5, 1e-6);
}

TEST(FitLine, IsTheLeastSquaresLine) {
  const std::vector<double> x = {0, 1, 2, 3};
  const std::vector<double> y = {1, 3, 2, 5};
  const auto line = fit_line(x, y);
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->slope, 1.1, 1e-12);  // by hand: sum xy = 5.5, sum xx = 5
  EXPECT_NEAR(line->intercept, 1.1, 1e-12);
}

TEST(FitLine, CountsPointsByTheirWeights) {
  const std::vector<double> x = {0, 1, 2};
  const std::vector<double> y = {0, 1, 100};
  const std::vector<double> weights = {1, 1, 0};
  const auto line = fit_line(x, y, weights);
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->slope, 1, 1e-12);
}

TEST(FitLine, IsAbsentWithoutTwoDifferentX) {
  EXPECT_FALSE(fit_line(std::vector<double>{}, std::vector<double>{}));
  EXPECT_FALSE(fit_line(std::vector<double>{1}, std::vector<double>{1}));
  EXPECT_FALSE(fit_line(std::vector<double>{2, 2}, std::vector<double>{1, 3}));
}

TEST(WeightedMean, OfEqualWeightsIsTheMeanWithItsStandardError) {
  const auto mean = weighted_mean(std::vector<double>{1, 2, 3, 6});
  ASSERT_TRUE(mean && mean->standard_error);
  EXPECT_DOUBLE_EQ(mean->mean, 3);
  EXPECT_NEAR(mean->standard_deviation, std::sqrt(14.0 / 3), 1e-12);
  EXPECT_NEAR(*mean->standard_error, std::sqrt(14.0 / 3 / 4), 1e-12);
}

TEST(WeightedMean, WeightsMoveTheMeanAndItsErrorHoldsWhateverTheVariancesAre) {
  const auto mean = weighted_mean(std::vector<double>{0, 3}, std::vector<double>{2, 1});
  ASSERT_TRUE(mean && mean->standard_error);
  EXPECT_DOUBLE_EQ(mean->mean, 1);
  // By hand: (2/3)^2 * 1 / (1 - 2/3) + (1/3)^2 * 4 / (1 - 1/3) = 2.
  EXPECT_NEAR(*mean->standard_error, std::sqrt(2.0), 1e-12);
}

TEST(WeightedMean, WrongWeightsDoNotMakeTheErrorTooSmall) {
  testing::NormalNoise noise(5);
  const std::vector<double> weights = {4, 4, 4, 4, 1, 1, 1, 1};
  double squared_errors = 0;
  double variances = 0;
  constexpr int trials = 20000;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values;
    for (int i = 0; i < 8; ++i) values.push_back(noise.normal());  // all of the same variance in truth
    const auto mean = weighted_mean(values, weights);
    squared_errors += mean->mean * mean->mean / trials;
    variances += *mean->standard_error * *mean->standard_error / trials;
  }
  EXPECT_NEAR(variances / squared_errors, 1, 0.05);
}

TEST(WeightedMean, AllWeightOnOneValueIsOneValue) {
  const auto mean = weighted_mean(std::vector<double>{5, 7}, std::vector<double>{1, 0});
  ASSERT_TRUE(mean);
  EXPECT_EQ(mean->mean, 5);
  EXPECT_FALSE(mean->standard_error);
}

TEST(WeightedMean, OneValueHasNoError) {
  const auto mean = weighted_mean(std::vector<double>{5});
  ASSERT_TRUE(mean);
  EXPECT_EQ(mean->mean, 5);
  EXPECT_FALSE(mean->standard_error);
  EXPECT_FALSE(weighted_mean(std::vector<double>{}));
}

}  // namespace
}  // namespace clear_native
