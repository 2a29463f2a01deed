#include <gtest/gtest.h>

#include <cmath>

#include "core/rounds/target_estimate.hpp"

namespace clear_native {
namespace {

TEST(IntervalOfRounds, CountsLongRoundsMore) {
  const auto equal = interval_of_rounds({{0, 1.0}, {1, 3.0}}, {});
  EXPECT_DOUBLE_EQ(equal->mean, 2);
  EXPECT_EQ(equal->rounds, 2);
  const auto longer = interval_of_rounds({{0, 1.0}, {1, 3.0}}, {{0, 0.1}, {1, 0.4}});
  EXPECT_NEAR(longer->mean, (1 + 3 * std::pow(4, 0.8)) / (1 + std::pow(4, 0.8)), 1e-12);
  EXPECT_FALSE(interval_of_rounds({}, {}));
  EXPECT_FALSE(interval_of_rounds({{4, 1.0}}, {})->half_width);
}

TEST(RatioOfRounds, WhatBothShareIsNoScatter) {
  const ValueByRound whole = {{0, 10.0}, {1, 12.0}, {2, 8.0}, {3, 11.0}};
  ValueByRound part;
  for (const auto& [round, value] : whole) part[round] = 0.4 * value;
  const auto shared = ratio_of_rounds(part, whole, {});
  ASSERT_TRUE(shared);
  EXPECT_NEAR(shared->mean, 0.4, 1e-12);
  EXPECT_NEAR(*shared->half_width, 0, 1e-12);
  part[0] += 1;
  part[1] -= 1;
  const auto apart = ratio_of_rounds(part, whole, {});
  EXPECT_NEAR(apart->mean, 0.4, 1e-12);
  EXPECT_NEAR(apart->standard_deviation, std::sqrt(2.0 / 3) / 10.25, 1e-12);
}

TEST(RatioOfRounds, IsThatOfTheMeansNotTheMeanOfRatios) {
  const auto ratio = ratio_of_rounds({{0, 1.0}, {1, 3.0}}, {{0, 1.0}, {1, 1.5}}, {});
  EXPECT_NEAR(ratio->mean, 4 / 2.5, 1e-12);
}

TEST(RatioOfRounds, TakesTheRoundsThatBothHave) {
  EXPECT_FALSE(ratio_of_rounds({{0, 1.0}}, {{1, 1.0}}, {}));
  EXPECT_EQ(ratio_of_rounds({{0, 1.0}, {1, 2.0}}, {{1, 4.0}}, {})->mean, 0.5);
  EXPECT_FALSE(ratio_of_rounds({{0, 1.0}}, {{0, 0.0}}, {}));
}

TargetEstimate estimate_with(double mean, double half_width) {
  TargetEstimate estimate;
  estimate.energy_per_pass_j = Interval{.mean = mean, .half_width = half_width, .rounds = 8};
  estimate.power_w = estimate.energy_per_pass_j;
  estimate.energy_above_idle_j = estimate.energy_per_pass_j;
  return estimate;
}

TEST(JudgeResolution, KeepsNoNumberWiderThanItself) {
  TargetEstimate resolved = estimate_with(1, 0.9);
  judge_resolution(resolved, true);
  EXPECT_TRUE(resolved.energy_per_pass_j);
  EXPECT_TRUE(resolved.statuses.empty());
  for (TargetEstimate estimate : {estimate_with(1, 1.1), estimate_with(-1, 0.1)}) {
    judge_resolution(estimate, true);
    EXPECT_FALSE(estimate.energy_per_pass_j);
    EXPECT_FALSE(estimate.power_w);
    EXPECT_FALSE(estimate.energy_above_idle_j);
    EXPECT_EQ(estimate.statuses, std::vector<std::string>{"below_resolution"});
  }
  TargetEstimate empty;
  judge_resolution(empty, true);
  EXPECT_EQ(empty.statuses, std::vector<std::string>{"too_few_ticks"});
  TargetEstimate never;
  judge_resolution(never, false);
  EXPECT_EQ(never.statuses, std::vector<std::string>{"not_measured"});
}

TEST(JudgePrecision, TakesTheLargerOfBothRules) {
  TargetEstimate small = estimate_with(1, 0.02);
  judge_precision(small, TargetRole::dosed, 10, 1, {});
  EXPECT_DOUBLE_EQ(*small.required_half_width_j, 0.03);
  EXPECT_TRUE(small.precision_reached);
  TargetEstimate large = estimate_with(8, 0.09);
  judge_precision(large, TargetRole::dosed, 10, 1, {});
  EXPECT_DOUBLE_EQ(*large.required_half_width_j, 0.08);
  EXPECT_FALSE(large.precision_reached);
  TargetEstimate idle = estimate_with(1, 0.02);
  judge_precision(idle, TargetRole::idle, 10, 0.5, {});
  EXPECT_DOUBLE_EQ(*idle.required_half_width_j, 0.06) << "watts: what they make over the model's time";
}

TEST(AddStatus, OnceIsEnough) {
  TargetEstimate estimate;
  add_status(estimate, "power_capped");
  add_status(estimate, "power_capped");
  EXPECT_EQ(estimate.statuses.size(), 1U);
}

TEST(WidenEnergies, AddsARelativeErrorInSquares) {
  TargetEstimate estimate = estimate_with(10, 0.3);
  widen_energies(estimate, 0.02);
  const double t = 2.364624;  // two-sided, 95 %, seven degrees of freedom
  EXPECT_NEAR(*estimate.energy_per_pass_j->half_width, std::hypot(0.3, t * 0.2), 1e-5);
}

}  // namespace
}  // namespace clear_native
