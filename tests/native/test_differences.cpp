#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/statistics/differences.hpp"
#include "core/statistics/statistics.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

using testing::NormalNoise;

constexpr double no_spread = 0;

/// Standard error 1, so many degrees of freedom.
MeasuredMean unit_error(double mean, double freedom) {
  return {.mean = mean, .half_width = student_t_two_sided(0.95, freedom), .freedom = freedom};
}

TEST(StudentTBeyond, AgreesWithTheTables) {
  EXPECT_NEAR(student_t_beyond(2.36462, 7), 0.05, 1e-6);
  EXPECT_NEAR(student_t_beyond(-4.03214, 5), 0.01, 1e-6);
  EXPECT_DOUBLE_EQ(student_t_beyond(0, 3), 1);
  EXPECT_NEAR(student_t_beyond(40, 20) / 1.457469655e-20, 1, 1e-6);  // a difference from 1 would have no digits left
}

TEST(Difference, IsWelchsTest) {
  // Welch 1947 with equal errors and freedoms: twice the degrees of freedom, sqrt(2) times the error.
  const Difference found = difference(unit_error(100, 7), unit_error(103, 7), no_spread);
  EXPECT_DOUBLE_EQ(found.value, 3);
  EXPECT_NEAR(found.half_width, std::sqrt(2.0) * student_t_two_sided(0.95, 14), 1e-9);
  EXPECT_NEAR(found.p_value, student_t_beyond(3 / std::sqrt(2.0), 14), 1e-12);
  ASSERT_TRUE(found.relative);
  EXPECT_NEAR(*found.relative, 0.03, 1e-12);
  EXPECT_NEAR(*found.relative_half_width, student_t_two_sided(0.95, 14) * std::hypot(1.0, 1.03) / 100, 1e-9);
}

TEST(Difference, HasTheFreedomOfTheWiderInterval) {
  MeasuredMean precise = unit_error(100, 50);
  precise.half_width /= 1000;
  const Difference found = difference(precise, unit_error(103, 4), no_spread);
  EXPECT_NEAR(found.p_value, student_t_beyond(3, 4), 1e-4);
}

TEST(Difference, IsTheSameTheOtherWayRound) {
  const MeasuredMean one{.mean = 10, .half_width = 0.3, .freedom = 9};
  const MeasuredMean other{.mean = 10.4, .half_width = 0.1, .freedom = 14};
  const Difference there = difference(one, other, 0.003);
  const Difference back = difference(other, one, 0.003);
  EXPECT_DOUBLE_EQ(there.value, -back.value);
  EXPECT_DOUBLE_EQ(there.half_width, back.half_width);
  EXPECT_DOUBLE_EQ(there.p_value, back.p_value);
}

TEST(Difference, CountsWhatRunsScatterBeyondTheirIntervals) {
  const Difference within = difference(unit_error(1000, 9), unit_error(1010, 9), no_spread);
  const Difference between = difference(unit_error(1000, 9), unit_error(1010, 9), 0.004);
  EXPECT_LT(within.p_value, 1e-4);
  EXPECT_GT(between.p_value, 0.05);
  EXPECT_GT(between.half_width, 0.004 * 1000 * std::sqrt(2.0) * 1.96);
}

TEST(Difference, HasNoRelativeChangeOfWhatIsNotToldFromZero) {
  EXPECT_FALSE(difference(unit_error(1, 9), unit_error(30, 9), no_spread).relative);
  EXPECT_LT(difference(unit_error(1, 9), unit_error(30, 9), no_spread).p_value, 1e-6);
  EXPECT_FALSE(difference(unit_error(-30, 9), unit_error(30, 9), no_spread).relative);
}

TEST(Difference, OfExactValuesIsExact) {
  const MeasuredMean exact{.mean = 5, .half_width = 0, .freedom = 3};
  EXPECT_DOUBLE_EQ(difference(exact, exact, no_spread).p_value, 1);
  MeasuredMean more = exact;
  more.mean = 6;
  EXPECT_DOUBLE_EQ(difference(exact, more, no_spread).p_value, 0);
  EXPECT_DOUBLE_EQ(*difference(exact, more, no_spread).relative, 0.2);
}

TEST(Difference, FalseAlarmsAreAsManyAsAllowed) {
  NormalNoise noise(11);
  const auto measured = [&noise](int rounds, double deviation) {
    std::vector<double> values;
    for (int i = 0; i < rounds; ++i) values.push_back(100 + deviation * noise.normal());
    const WeightedMean found = *weighted_mean(values);
    const double freedom = rounds - 1;
    return MeasuredMean{.mean = found.mean,
                        .half_width = *found.standard_error * student_t_two_sided(0.95, freedom),
                        .freedom = freedom};
  };
  constexpr int pairs = 3000;
  int alarms = 0;
  for (int i = 0; i < pairs; ++i) {
    alarms += static_cast<int>(difference(measured(8, 1), measured(12, 3), no_spread).p_value < 0.01);
  }
  // Three standard errors of a share of 3,000 around one in a hundred.
  EXPECT_NEAR(static_cast<double>(alarms) / pairs, 0.01, 0.0055);
}

Difference with_p(double p_value) {
  return {.p_value = p_value};
}

TEST(ToldApart, IsHolmsProcedure) {
  const std::vector<Difference> some = {with_p(0.02), with_p(0.001), with_p(0.5), with_p(0.0125)};
  // Against 0.05 / 4, / 3, / 2, / 1: the third fails, so the fourth does.
  EXPECT_EQ(told_apart(some, 0.05), (std::vector<bool>{true, true, false, true}));
  EXPECT_EQ(told_apart(some, 0.01), (std::vector<bool>{false, true, false, false}));
  const std::vector<Difference> broken_off = {with_p(0.04), with_p(0.03), with_p(0.03)};
  EXPECT_EQ(told_apart(broken_off, 0.05), (std::vector<bool>{false, false, false}));
  EXPECT_TRUE(told_apart({}, 0.05).empty());
}

}  // namespace
}  // namespace clear_native
