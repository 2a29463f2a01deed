#include <gtest/gtest.h>

#include <cmath>

#include "core/rounds/plan.hpp"
#include "core/statistics/statistics.hpp"
#include "core/windows/noise_model.hpp"

namespace clear_native {
namespace {

PilotTarget target(double relative_deviation, double relative_half_width = 0.01) {
  return {.required_half_width = relative_half_width * 5,
          .mean = 5,
          .standard_deviation = relative_deviation * 5,
          .pilot_duration_s = 0.2,
          .overhead_s = 0.2};
}

TEST(PlanRounds, AQuietPilotNeedsTheFewestRoundsOfTheShortestWindows) {
  const Plan plan = plan_rounds({target(0.001), target(0.001)}, {});
  EXPECT_EQ(plan.rounds, 8);
  for (const double duration_s : plan.durations_s) EXPECT_DOUBLE_EQ(duration_s, 0.12);
  EXPECT_DOUBLE_EQ(plan.round_s, 2 * (0.2 + 0.12));
  EXPECT_DOUBLE_EQ(plan.remaining_s, 4 * plan.round_s);
  EXPECT_TRUE(plan.reaches_precision);
}

/// 95 % half-width that the two-stage rule expects of this plan for a target on its own.
double expected_half_width(const PilotTarget& target, const Plan& plan, const PlanLimits& limits) {
  const double t = student_t_two_sided(0.95, 2 * (limits.pilot_rounds - 1));
  const double windows = limits.pilot_rounds + (plan.rounds - limits.pilot_rounds) *
                                                   information(plan.durations_s[0], target.pilot_duration_s);
  return t * target.standard_deviation / std::sqrt(windows);
}

TEST(PlanRounds, ReachesThePrecisionAskedForAndNotMuchMore) {
  const PlanLimits limits;
  for (const double deviation : {0.01, 0.02, 0.05}) {
    const PilotTarget noisy = target(deviation);
    const Plan plan = plan_rounds({noisy}, limits);
    const double half_width = expected_half_width(noisy, plan, limits);
    EXPECT_LE(half_width, noisy.required_half_width * 1.0001) << deviation;
    if (plan.rounds > limits.min_rounds) {
      EXPECT_GT(half_width, noisy.required_half_width * 0.9) << deviation;
    }
  }
}

TEST(PlanRounds, IsTheFastestOfAllPlansThatReachIt) {
  const std::vector<PilotTarget> targets = {target(0.03), target(0.01), target(0.03, 0.2)};
  const PlanLimits limits;
  const Plan best = plan_rounds(targets, limits);
  for (int rounds = limits.min_rounds; rounds < 60; ++rounds) {
    PlanLimits fixed = limits;
    fixed.min_rounds = rounds;
    fixed.max_rounds = rounds;
    const Plan other = plan_rounds(targets, fixed);
    if (other.reaches_precision) {
      EXPECT_GE(other.remaining_s, best.remaining_s - 1e-9) << rounds;
    }
  }
}

TEST(PlanRounds, GivesTheNoisyTargetTheLongerWindow) {
  const Plan plan = plan_rounds({target(0.03), target(0.03, 0.2)}, {});
  EXPECT_GT(plan.durations_s[0], plan.durations_s[1]);
  EXPECT_DOUBLE_EQ(plan.durations_s[1], 0.12) << "little is required of it";
}

TEST(PlanRounds, LengthensWindowsAndAddsRounds) {
  const Plan medium = plan_rounds({target(0.015)}, {});
  EXPECT_EQ(medium.rounds, 8) << "a round more costs its lead-ins: a somewhat longer window is cheaper";
  EXPECT_GT(medium.durations_s[0], 0.2);
  const Plan noisy = plan_rounds({target(0.05)}, {});
  EXPECT_GT(noisy.rounds, 8);
  EXPECT_GT(noisy.durations_s[0], 0.8);
}

TEST(PlanRounds, SaysWhenEvenTheMostRoundsDoNotSuffice) {
  const Plan plan = plan_rounds({target(5.0)}, {});
  EXPECT_FALSE(plan.reaches_precision);
  EXPECT_EQ(plan.rounds, 200);
  EXPECT_DOUBLE_EQ(plan.durations_s[0], 1.0);
}

TEST(PlanRounds, ATargetWithoutARequirementCostsTheShortestWindows) {
  const Plan plan = plan_rounds({target(0.01), {.pilot_duration_s = 0.2, .overhead_s = 0.2}}, {});
  EXPECT_DOUBLE_EQ(plan.durations_s[1], 0.12);
}

TEST(PlanRounds, APilotThatSufficesEndsThere) {
  const Plan plan = plan_rounds({target(0.0001)}, {.pilot_rounds = 8, .min_rounds = 8});
  EXPECT_EQ(plan.rounds, 8);
  EXPECT_DOUBLE_EQ(plan.remaining_s, 0);
}

TargetEstimate measured(double half_width_j, double required_j) {
  TargetEstimate estimate;
  estimate.energy_per_pass_j = Interval{.mean = 1, .half_width = half_width_j};
  estimate.required_half_width_j = required_j;
  estimate.precision_reached = half_width_j <= required_j;
  return estimate;
}

TEST(RoundsToReach, HalfWidthsFallAsOneOverTheRoot) {
  EXPECT_EQ(rounds_to_reach({measured(0.012, 0.01), measured(0.005, 0.01)}, 10), 15);
  EXPECT_EQ(rounds_to_reach({measured(0.01001, 0.01)}, 8), 9);
  EXPECT_EQ(rounds_to_reach({measured(0.009, 0.01)}, 8), 8) << "reached";
  EXPECT_EQ(rounds_to_reach({measured(5, 0.01)}, 8), 80);
}

TEST(RoundsToReach, WhatHasNoNumberAsksForNothing) {
  TargetEstimate below = measured(0.02, 0.01);
  below.energy_per_pass_j.reset();
  EXPECT_EQ(rounds_to_reach({below, TargetEstimate()}, 8), 8);
}

}  // namespace
}  // namespace clear_native
