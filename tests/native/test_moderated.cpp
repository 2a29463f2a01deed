#include <gtest/gtest.h>

#include <cmath>

#include "core/statistics/moderated.hpp"
#include "core/statistics/statistics.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

constexpr int rounds_each = 8;
constexpr double freedom = rounds_each - 1;

/// Intervals of eight rounds of noise about zero.
std::vector<Interval> measured(const std::vector<double>& deviations, testing::NormalNoise& noise) {
  std::vector<Interval> intervals;
  for (const double deviation : deviations) {
    std::vector<double> values;
    for (int round = 0; round < rounds_each; ++round) values.push_back(deviation * noise.normal());
    const WeightedMean mean = *weighted_mean(values);
    intervals.push_back({.mean = mean.mean,
                         .half_width = student_t_two_sided(0.95, freedom) * *mean.standard_error,
                         .standard_deviation = mean.standard_deviation,
                         .rounds = rounds_each});
  }
  return intervals;
}

double coverage(const std::vector<double>& deviations, const std::vector<double>& scales, double* mean_half_width) {
  testing::NormalNoise noise(5);
  int covered = 0;
  int all = 0;
  double sum = 0;
  for (int profile = 0; profile < 1000; ++profile) {
    std::vector<Interval> intervals = measured(deviations, noise);
    moderate(intervals, scales, freedom);
    for (std::size_t i = 0; i < intervals.size(); ++i) {
      covered += std::abs(intervals[i].mean) <= *intervals[i].half_width ? 1 : 0;
      sum += *intervals[i].half_width / deviations[i];
      ++all;
    }
  }
  *mean_half_width = sum / all;
  return static_cast<double>(covered) / all;
}

TEST(Digamma, KnownValues) {
  EXPECT_NEAR(digamma(1), -0.57721566490153286, 1e-10);
  EXPECT_NEAR(digamma(0.5), -1.96351002602142348, 1e-10);
  EXPECT_NEAR(digamma(20), 2.97052399224214905, 1e-10);
}

TEST(Trigamma, KnownValuesAndItsInverse) {
  EXPECT_NEAR(trigamma(1), 1.64493406684822644, 1e-10);
  EXPECT_NEAR(trigamma(0.5), 4.93480220054467931, 1e-10);
  EXPECT_NEAR(trigamma(20), 0.05127082293520312, 1e-10);
  for (const double x : {0.01, 0.3, 1.0, 7.0, 500.0}) EXPECT_NEAR(trigamma_inverse(trigamma(x)) / x, 1, 1e-9);
}

TEST(Moderate, OfEqualDeviationsIsNarrowerAndStillCovers) {
  double half_width = 0;
  const std::vector<double> equal(6, 1.0);
  EXPECT_NEAR(coverage(equal, equal, &half_width), 0.95, 0.01);
  const double with_own_alone = student_t_two_sided(0.95, freedom) / std::sqrt(rounds_each);
  EXPECT_LT(half_width, 0.91 * with_own_alone);
}

TEST(Moderate, DeviationsThatDifferKeepTheirOwn) {
  double half_width = 0;
  const std::vector<double> deviations = {0.1, 1, 10, 0.3, 3, 30};
  EXPECT_NEAR(coverage(deviations, std::vector<double>(6, 1.0), &half_width), 0.95, 0.015);
}

TEST(Moderate, ScalesMakeThemAlike) {
  double half_width = 0;
  const std::vector<double> deviations = {2, 1, 1, 1, 1, 1};
  std::vector<double> scales(6, 1.0);
  scales[0] = 0.5;
  EXPECT_NEAR(coverage(deviations, scales, &half_width), 0.95, 0.01);
  EXPECT_LT(half_width, 0.91 * student_t_two_sided(0.95, freedom) / std::sqrt(rounds_each));
}

TEST(Moderate, LeavesAloneWhatHasNoDeviation) {
  std::vector<Interval> intervals = {{.mean = 1}, {.mean = 2, .half_width = 0.1, .standard_deviation = 0.2}};
  moderate(intervals, std::vector<double>{1, 1}, 7);
  EXPECT_FALSE(intervals[0].half_width);
  EXPECT_EQ(intervals[1].half_width, 0.1) << "nothing to draw it to";
  std::vector<Interval> exact(3, {.mean = 1, .half_width = 0, .standard_deviation = 0});
  moderate(exact, std::vector<double>{1, 1, 1}, 7);
  EXPECT_EQ(exact[0].half_width, 0);
}

}  // namespace
}  // namespace clear_native
