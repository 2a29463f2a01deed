#include <gtest/gtest.h>

#include "core/weighing/weighing_plan.hpp"

namespace clear_native {
namespace {

constexpr Fractions fractions = {.of_pilot = 0.7, .largest = 0.95};

/// Two components of a model of 100 J, eight pairs, and one reference.
WeighedRounds pilot_with(double deviation_j) {
  WeighedRounds pilot;
  pilot.weighing.pairs = 8;
  pilot.model_energy_j = 100;
  pilot.marginals_j = {{.mean = 60, .half_width = 1, .standard_deviation = deviation_j, .rounds = 4},
                       {.mean = 40, .half_width = 1, .standard_deviation = deviation_j, .rounds = 4}};
  TargetEstimate chain;
  chain.energy_per_pass_j = Interval{.mean = 100, .half_width = 0.1, .standard_deviation = 0.1, .rounds = 4};
  chain.required_half_width_j = 1;
  pilot.rounds.targets = {chain};
  return pilot;
}

struct Fixture {
  Fixture() {
    options.dosed_max_duration_s = 0.6;
    durations.dosed.duration_s = 0.12;
    durations.references.resize(1);
    durations.references[0].duration_s = 0.24;
    durations.repeats = {3};
    durations.every = {1};
    overheads_s = {0.12, 0.25};
  }

  WeighingPlan plan(double deviation_j, double left_s = 1000) const {
    return plan_weighing(pilot_with(deviation_j), durations, overheads_s, 16, options, left_s, fractions);
  }

  RoundsOptions options;
  WeighingDurations durations;
  std::vector<double> overheads_s;
};

TEST(PlanWeighing, AQuietPilotNeedsTheFewestRounds) {
  const WeighingPlan plan = Fixture().plan(0.05);
  EXPECT_EQ(plan.rounds, 8);
  EXPECT_EQ(plan.dosed_duration_s, 0.12);
  EXPECT_EQ(plan.stop_reason, StopReason::precision_planned);
}

TEST(PlanWeighing, NoiseTakesLongerWindowsThenMoreRounds) {
  const Fixture fixture;
  const WeighingPlan noisy = fixture.plan(0.5);
  EXPECT_GT(noisy.dosed_duration_s, 0.12);
  const WeighingPlan noisier = fixture.plan(2);
  EXPECT_GT(noisier.rounds, noisy.rounds);
  EXPECT_LE(noisier.dosed_duration_s, fixture.options.dosed_max_duration_s);
}

TEST(PlanWeighing, AFixedLengthLeavesTheRounds) {
  Fixture fixture;
  fixture.options.dosed_max_duration_s = 0.12;
  const WeighingPlan plan = fixture.plan(1);
  EXPECT_EQ(plan.dosed_duration_s, 0.12);
  EXPECT_GT(plan.rounds, 12);
}

TEST(PlanWeighing, TheHardestComponentDecides) {
  const Fixture fixture;
  WeighedRounds pilot = pilot_with(0.5);
  const WeighingPlan both =
      plan_weighing(pilot, fixture.durations, fixture.overheads_s, 16, fixture.options, 1000, fractions);
  pilot.marginals_j[1].mean = 100;  // may be known to 1 J
  pilot.marginals_j[0].mean = 100;
  const WeighingPlan easier =
      plan_weighing(pilot, fixture.durations, fixture.overheads_s, 16, fixture.options, 1000, fractions);
  EXPECT_LE(easier.rounds * easier.dosed_duration_s, both.rounds * both.dosed_duration_s);
  EXPECT_LT(easier.dosed_duration_s, both.dosed_duration_s + 1e-12);
}

TEST(PlanWeighing, WhatDoesNotFitBecomesTheFewestRoundsThatDo) {
  const WeighingPlan plan = Fixture().plan(3, 30);
  EXPECT_EQ(plan.stop_reason, StopReason::max_time);
  EXPECT_EQ(plan.rounds, 8);
  const double round_s = 16 * (0.12 + plan.dosed_duration_s) + 3 * (0.25 + 0.24);
  EXPECT_LE(4 * round_s, 30);
  EXPECT_GT(4 * round_s, 28);
  EXPECT_EQ(Fixture().plan(3, 5).dosed_duration_s, 0.12) << "never shorter than the pilot's";
}

TEST(PlanWeighing, TheTimeThereIsIsUsedWhereItDoesNotSuffice) {
  const WeighingPlan plan = Fixture().plan(30, 200);
  EXPECT_EQ(plan.stop_reason, StopReason::max_time);
  EXPECT_GT(plan.rounds, 8);
  const double round_s = 16 * (0.12 + plan.dosed_duration_s) + 3 * (0.25 + 0.24);
  EXPECT_LE((plan.rounds - 4) * round_s, 200);
  EXPECT_GT((plan.rounds - 3) * round_s, 200);
}

TEST(PlanWeighing, WhatTakesTurnsCostsItsShareAndSetsNothing) {
  Fixture fixture;
  WeighedRounds pilot = pilot_with(0.05);
  pilot.rounds.targets[0].energy_per_pass_j->standard_deviation = 20;
  const auto planned = [&] {
    return plan_weighing(pilot, fixture.durations, fixture.overheads_s, 16, fixture.options, 1000, fractions).rounds;
  };
  EXPECT_GT(planned(), 8);
  fixture.durations.every = {2};
  EXPECT_EQ(planned(), 8);
}

TEST(PlanWeighing, MaxRoundsIsTold) {
  Fixture fixture;
  fixture.options.max_rounds = 9;
  const WeighingPlan plan = fixture.plan(50, 1e6);
  EXPECT_EQ(plan.rounds, 9);
  EXPECT_EQ(plan.stop_reason, StopReason::max_rounds);
}

WeighedRounds pilot_of_times(double closure, double scatter) {
  WeighedRounds pilot = pilot_with(2);
  pilot.rounds.time_closure = ClosureEstimate{.ratio = closure};
  pilot.weighing.time_scatter = scatter;
  return pilot;
}

TEST(FractionAfterPilot, GrowsWhereTimesAreStraight) {
  EXPECT_EQ(fraction_after_pilot(pilot_of_times(1.0001, 1e-4), fractions), 0.95);
  EXPECT_EQ(fraction_after_pilot(pilot_of_times(1, 0), fractions), 0.95);
  const double between = fraction_after_pilot(pilot_of_times(0.9992, 1e-4), fractions);
  EXPECT_GT(between, 0.7);
  EXPECT_LT(between, 0.95);
}

TEST(FractionAfterPilot, StaysWhereTimesBendOrAreNotKnown) {
  EXPECT_EQ(fraction_after_pilot(pilot_of_times(1.003, 1e-4), fractions), 0.7);
  EXPECT_EQ(fraction_after_pilot(pilot_of_times(1.0001, 2e-3), fractions), 0.7);
  EXPECT_EQ(fraction_after_pilot(pilot_with(2), fractions), 0.7);
  WeighedRounds mixed = pilot_of_times(1.0001, 1e-4);
  mixed.weighing.off_speed = OffSpeed{.share = 0.2, .step = 0.1};
  EXPECT_EQ(fraction_after_pilot(mixed, fractions), 0.7);
}

TEST(PlanWeighing, LargerDosesNeedFewerRounds) {
  Fixture fixture;
  fixture.options.dosed_max_duration_s = 0.12;
  const auto planned = [&](const WeighedRounds& pilot) {
    return plan_weighing(pilot, fixture.durations, fixture.overheads_s, 16, fixture.options, 1000, fractions);
  };
  const WeighingPlan as_before = planned(pilot_with(2));
  const WeighingPlan larger = planned(pilot_of_times(1.0001, 1e-4));
  EXPECT_EQ(as_before.fraction, 0.7);
  EXPECT_EQ(larger.fraction, 0.95);
  const double share = static_cast<double>(larger.rounds) / as_before.rounds;
  EXPECT_NEAR(share, 0.7 * 0.7 / (0.95 * 0.95), 0.12);
}

}  // namespace
}  // namespace clear_native
