#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/rounds/estimate.hpp"
#include "core/statistics/statistics.hpp"
#include "made_windows.hpp"

namespace clear_native {
namespace {

using testing::made_window;

const std::vector<TargetInfo> targets = {{"plain", TargetRole::plain},
                                         {"preserved", TargetRole::preserved},
                                         {"a", TargetRole::component},
                                         {"b", TargetRole::component},
                                         {"idle", TargetRole::idle}};

/// Eight rounds; energies scatter by `scatter`, alternately up and down, without drift.
std::vector<Window> rounds_of(double scatter, double drift_per_s = 0) {
  std::vector<Window> windows;
  double now_s = 100;
  const auto add = [&](const char* target, int round, double energy_j, double time_s) {
    now_s += 0.4;
    const double sign = (round + static_cast<int>(windows.size() % 5 == 2)) % 2 == 0 ? 1 : -1;
    const double energy = energy_j * (1 + scatter * sign) * (1 + drift_per_s * (now_s - 108.2));
    windows.push_back(made_window(target, round, now_s, energy, time_s));
  };
  for (int round = 0; round < 8; ++round) {
    add("plain", round, 10.0, 0.05);
    add("preserved", round, 10.2, 0.051);
    add("a", round, 6.0, 0.03);
    add("b", round, 4.0, 0.02);
    add("idle", round, 100, 1);
  }
  return windows;
}

TEST(EstimateRounds, GivesMeansInTheOrderOfTheTargets) {
  const RoundsEstimate estimate = estimate_rounds(rounds_of(0.001), targets, {});
  ASSERT_EQ(estimate.targets.size(), 5U);
  EXPECT_EQ(estimate.targets[2].name, "a");
  EXPECT_NEAR(estimate.targets[2].energy_per_pass_j->mean, 6, 0.01);
  EXPECT_NEAR(estimate.targets[2].time_per_pass_s->mean, 0.03, 1e-12);
  EXPECT_NEAR(estimate.targets[2].power_w->mean, 200, 0.5);
  EXPECT_TRUE(estimate.targets[2].statuses.empty());
}

TEST(EstimateRounds, EnergyAboveIdleIsGrossMinusIdlePowerTimesTime) {
  const RoundsEstimate estimate = estimate_rounds(rounds_of(0.001), targets, {});
  EXPECT_NEAR(estimate.targets[2].energy_above_idle_j->mean, 6 - 100 * 0.03, 0.01);
  EXPECT_FALSE(estimate.targets[4].energy_above_idle_j);
}

TEST(EstimateRounds, ClosureAndPerturbationAreRatiosPerRound) {
  const RoundsEstimate estimate = estimate_rounds(rounds_of(0.001), targets, {});
  ASSERT_TRUE(estimate.energy_closure && estimate.time_closure && estimate.perturbation);
  EXPECT_NEAR(estimate.energy_closure->ratio, 10 / 10.2, 0.001);
  EXPECT_TRUE(estimate.energy_closure->half_width);
  EXPECT_NEAR(estimate.time_closure->ratio, 0.05 / 0.051, 1e-9);
  EXPECT_NEAR(estimate.perturbation->ratio, 0.02, 0.001);
}

TEST(EstimateRounds, ClosureLeavesOutRoundsThatAreNotComplete) {
  std::vector<Window> windows = rounds_of(0.001);
  for (Window& window : windows) {
    if (window.target == "b" && window.round == 3) window.energy_per_pass_j.reset();
    if (window.target == "a" && window.round == 3) window.energy_per_pass_j = 600;
  }
  EXPECT_NEAR(estimate_rounds(windows, targets, {}).energy_closure->ratio, 10 / 10.2, 0.001);
}

TEST(EstimateRounds, ClosureIsAbsentWhenAComponentNeverGaveANumber) {
  std::vector<Window> windows = rounds_of(0.001);
  for (Window& window : windows) {
    if (window.target == "b") window.energy_per_pass_j.reset();
  }
  const RoundsEstimate estimate = estimate_rounds(windows, targets, {});
  EXPECT_FALSE(estimate.energy_closure);
  EXPECT_FALSE(estimate.targets[3].energy_per_pass_j);
  EXPECT_EQ(estimate.targets[3].statuses, std::vector<std::string>{"too_few_ticks"});
}

TEST(EstimateRounds, DriftIsFittedAndReferredToTheMiddle) {
  const RoundsEstimate estimate = estimate_rounds(rounds_of(0.0, 0.001), targets, {});
  EXPECT_NEAR(estimate.drift_per_hour.value(), 3.6, 0.05);
  EXPECT_NEAR(estimate.targets[0].energy_per_pass_j->mean, 10, 0.005);
  EXPECT_LT(*estimate.targets[0].energy_per_pass_j->half_width, 0.001);
}

TEST(EstimateRounds, PrecisionIsAShareOfTheComponentOrOfTheModelWhicheverIsLarger) {
  const RoundsEstimate estimate = estimate_rounds(rounds_of(0.001), targets, {0.01, 0.05});
  EXPECT_NEAR(*estimate.targets[0].required_half_width_j, 0.05 * 10.2, 0.01);
  EXPECT_TRUE(estimate.targets[0].precision_reached);
  const RoundsEstimate strict = estimate_rounds(rounds_of(0.02), targets, {0.01, 0.003});
  EXPECT_NEAR(*strict.targets[0].required_half_width_j, 0.1, 0.01);
  EXPECT_FALSE(strict.targets[0].precision_reached) << "two per cent of scatter over eight rounds give 1.7 per cent";
}

TEST(EstimateRounds, IdlePowerNeedsToBeKnownToAShareOfTheModelToo) {
  const RoundsEstimate estimate = estimate_rounds(rounds_of(0.001), targets, {0.0001, 0.003});
  EXPECT_NEAR(*estimate.targets[4].required_half_width_j, 0.003 * 10.2 / 0.051, 0.01);
}

TEST(EstimateRounds, AnIntervalWiderThanTheValueIsBelowResolution) {
  std::vector<Window> windows = rounds_of(0.001);
  int sign = 1;
  for (Window& window : windows) {
    if (window.target == "b") window.energy_per_pass_j = 4.0 + 9 * (sign = -sign);
  }
  const TargetEstimate b = estimate_rounds(windows, targets, {}).targets[3];
  EXPECT_FALSE(b.energy_per_pass_j);
  EXPECT_FALSE(b.energy_above_idle_j);
  EXPECT_FALSE(b.power_w);
  EXPECT_TRUE(b.time_per_pass_s) << "its time is still known";
  EXPECT_EQ(b.statuses, std::vector<std::string>{"below_resolution"});
  EXPECT_FALSE(b.precision_reached);
}

TEST(EstimateRounds, AComponentAtAnotherClockThanTheModelIsMarked) {
  std::vector<Window> windows = rounds_of(0.001);
  for (Window& window : windows) {
    window.operating_point = OperatingPoint{.sm_clock_mhz = window.target == "a" ? 1335.0 : 1785.0};
  }
  const RoundsEstimate estimate = estimate_rounds(windows, targets, {});
  EXPECT_EQ(estimate.targets[2].statuses, std::vector<std::string>{"clocks_apart"});
  EXPECT_TRUE(estimate.targets[3].statuses.empty());
}

TEST(EstimateRounds, SensorsThatDisagreeAreMarked) {
  std::vector<Window> windows = rounds_of(0.001);
  for (Window& window : windows) {
    testing::add_readings(window, 300, window.target == "a" ? 1.04 : 1.002);
  }
  const RoundsEstimate estimate = estimate_rounds(windows, targets, {});
  EXPECT_EQ(estimate.targets[2].statuses, std::vector<std::string>{"sensors_disagree"});
  ASSERT_TRUE(estimate.sensors);
  EXPECT_TRUE(estimate.statuses.empty()) << "of one target only: together " << estimate.sensors->mean;
  EXPECT_NEAR(*estimate.targets[2].counter_over_samples, 1.04, 1e-9);
  EXPECT_NEAR(*estimate.targets[3].counter_over_samples, 1.002, 1e-9);
  EXPECT_TRUE(estimate.targets[3].statuses.empty());
}

TEST(EstimateRounds, NothingMeasuredIsAbsentNotZero) {
  const RoundsEstimate estimate = estimate_rounds({}, targets, {});
  for (const TargetEstimate& target : estimate.targets) {
    EXPECT_FALSE(target.energy_per_pass_j);
    EXPECT_FALSE(target.time_per_pass_s);
    EXPECT_FALSE(target.counter_over_samples);
    EXPECT_EQ(target.statuses, std::vector<std::string>{"not_measured"});
  }
  EXPECT_FALSE(estimate.energy_closure);
}

TEST(EstimateRounds, WhatWasFittedIsPaidForInTheInterval) {
  std::vector<Window> windows = rounds_of(0.001);  // without idle all draw 200 W: the reference power adds nothing
  std::erase_if(windows, [](const Window& window) { return window.target == "idle"; });
  const std::vector<TargetInfo> four(targets.begin(), targets.end() - 1);
  const Interval energy = *estimate_rounds(windows, four, {}).targets[2].energy_per_pass_j;
  const double freedom_left = 7 - 2.0 / 4;  // two slopes, fitted to four targets
  const double expected = student_t_two_sided(0.95, freedom_left) * energy.standard_deviation / std::sqrt(8.0);
  EXPECT_NEAR(*energy.half_width / expected, 1, 2e-3);
}

TEST(EstimateRounds, ASwappedUnitWouldShow) {
  std::vector<Window> windows = rounds_of(0.001);
  for (Window& window : windows) {
    if (window.target == "a") *window.energy_per_pass_j *= 1000;
  }
  const RoundsEstimate estimate = estimate_rounds(windows, targets, {});
  EXPECT_GT(estimate.energy_closure->ratio, 100);
}

}  // namespace
}  // namespace clear_native
