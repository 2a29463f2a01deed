#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/calibration/calibration_estimate.hpp"

namespace clear_native {
namespace {

constexpr double units_per_pass = 1e9;
constexpr std::uint64_t power_cap_reason = 0x4;

const CalibratedKind three_rates{"dram_read", "byte", {{"full", 1e9}, {"half", 1e9}, {"slow", 1e9}}};

/// A window of a load that draws `power_w` at `units_per_s`.
Window window_of(const std::string& target, int round, double units_per_s, double power_w, bool capped = false) {
  Window window;
  window.target = target;
  window.round = round;
  window.begin_s = round;
  window.end_s = round + 0.2;
  window.time_per_pass_s = units_per_pass / units_per_s;
  window.energy_per_pass_j = power_w * *window.time_per_pass_s;
  window.operating_point = OperatingPoint{};
  window.operating_point->throttle_reasons = capped ? power_cap_reason : 0;
  return window;
}

/// 100 W and 20 pJ a unit; a watt more or less from round to round, the same for all rates.
std::vector<Window> windows_of_rates(const std::vector<std::pair<std::string, double>>& rates, int rounds) {
  std::vector<Window> windows;
  for (int round = 0; round < rounds; ++round) {
    for (const auto& [target, rate] : rates) {
      windows.push_back(window_of(target, round, rate, 100 + (round % 2) + 20e-12 * rate));
    }
  }
  return windows;
}

/// Of the windows as they are: what the loads do to each other is in test_calibration_run.cpp.
CalibratedWindows as_they_are(const std::vector<Window>& windows) {
  CalibratedWindows seen;
  for (const Window& window : windows) seen.by_target[window.target] = observations_of(windows, window.target);
  return seen;
}

KindCost cost_of(const std::vector<Window>& windows) {
  return cost_of_kind(windows, as_they_are(windows), three_rates);
}

TEST(CalibrationEstimate, SlopeAndBaseOfALine) {
  const KindCost cost = cost_of(windows_of_rates({{"full", 4e12}, {"half", 2e12}, {"slow", 1e12}}, 8));
  ASSERT_TRUE(cost.energy_per_unit_j && cost.base_power_w && cost.units_per_s && cost.power_w && cost.bend);
  EXPECT_NEAR(cost.energy_per_unit_j->mean, 20e-12, 1e-15);
  EXPECT_NEAR(cost.base_power_w->mean, 100.5, 1e-6);
  ASSERT_TRUE(cost.base_power_w->half_width);
  EXPECT_GT(*cost.base_power_w->half_width, 0.3);  // the watt from round to round
  EXPECT_LT(*cost.energy_per_unit_j->half_width, 1e-15);
  EXPECT_NEAR(cost.units_per_s->mean, 4e12, 1);
  EXPECT_NEAR(cost.power_w->mean, 180.5, 1e-6);
  EXPECT_NEAR(*cost.bend, 0, 1e-9);
  EXPECT_TRUE(cost.statuses.empty());
  EXPECT_EQ(cost.energy_per_unit_j->rounds, 8);
}

TEST(CalibrationEstimate, CappedRateIsLeftOutOfTheLineAndTold) {
  std::vector<Window> windows = windows_of_rates({{"half", 2e12}, {"slow", 1e12}}, 8);
  for (int round = 0; round < 8; ++round) windows.push_back(window_of("full", round, 3e12, 120, true));
  const KindCost cost = cost_of(windows);
  EXPECT_NEAR(cost.energy_per_unit_j->mean, 20e-12, 1e-15);
  EXPECT_NEAR(cost.units_per_s->mean, 3e12, 1);  // what the device reaches is what it reaches
  EXPECT_EQ(cost.statuses, std::vector<std::string>{"power_capped"});
  EXPECT_FALSE(cost.bend);
}

TEST(CalibrationEstimate, WhereAllButOneAreCappedTheLineHasThemAll) {
  std::vector<Window> windows;
  for (int round = 0; round < 4; ++round) {
    windows.push_back(window_of("full", round, 4e12, 180, true));
    windows.push_back(window_of("half", round, 2e12, 140, true));
    windows.push_back(window_of("slow", round, 1e12, 120));
  }
  const KindCost cost = cost_of(windows);
  EXPECT_NEAR(cost.energy_per_unit_j->mean, 20e-12, 1e-15);
  EXPECT_EQ(cost.statuses, (std::vector<std::string>{"power_capped", "line_power_capped"}));
}

TEST(CalibrationEstimate, ARateThatIsHeldDownAtTimesIsCapped) {
  std::vector<Window> windows = windows_of_rates({{"half", 2e12}, {"slow", 1e12}}, 8);
  for (int round = 0; round < 8; ++round) windows.push_back(window_of("full", round, 4e12, 150, round < 3));
  EXPECT_NEAR(cost_of(windows).energy_per_unit_j->mean, 20e-12, 1e-15);
}

TEST(CalibrationEstimate, WhatTheDriverSaysOfAFullClockIsOfWhatRanBefore) {
  std::vector<Window> windows;
  for (int round = 0; round < 4; ++round) {
    for (const auto& [target, rate] : {std::pair{"full", 4e12}, {"half", 2e12}, {"slow", 1e12}}) {
      windows.push_back(window_of(target, round, rate, 100 + 20e-12 * rate, true));
      windows.back().operating_point->sm_clock_mhz = 1980;
    }
  }
  EXPECT_TRUE(cost_of(windows).statuses.empty());
  EXPECT_TRUE(cost_of(windows).bend);
}

TEST(CalibrationEstimate, WhatIsUncertainInEveryRoundAlikeWidensTheInterval) {
  const std::vector<Window> windows = windows_of_rates({{"full", 4e12}, {"slow", 1e12}}, 8);
  CalibratedWindows seen = as_they_are(windows);
  seen.uncertain_w = {{"full", {3, 0}}, {"slow", {0, 0}}};
  const KindCost cost = cost_of_kind(windows, seen, three_rates);
  EXPECT_NEAR(cost.energy_per_unit_j->mean, 20e-12, 1e-15);
  EXPECT_NEAR(*cost.energy_per_unit_j->half_width, 2.365 * 1e-12, 1e-14);  // t of 7 degrees of freedom
}

TEST(CalibrationEstimate, BendIsWhatTheMiddleIsOff) {
  std::vector<Window> windows;
  for (int round = 0; round < 4; ++round) {
    windows.push_back(window_of("full", round, 4e12, 200));
    windows.push_back(window_of("half", round, 2e12, 130));  // on the line it were 150: 0.2 of the rise below
    windows.push_back(window_of("slow", round, 0.0001e12, 100));
  }
  EXPECT_NEAR(*cost_of(windows).bend, -0.2, 1e-3);
}

TEST(CalibrationEstimate, OneRateGivesNoCost) {
  const KindCost cost = cost_of(windows_of_rates({{"full", 4e12}}, 8));
  EXPECT_FALSE(cost.energy_per_unit_j);
  EXPECT_TRUE(cost.units_per_s);
}

TEST(CalibrationEstimate, NothingMeasuredGivesNothing) {
  const KindCost cost = cost_of({});
  EXPECT_FALSE(cost.energy_per_unit_j || cost.base_power_w || cost.units_per_s || cost.power_w || cost.bend);
  EXPECT_FALSE(power_of(as_they_are({}), "idle"));
}

TEST(CalibrationEstimate, PowerOfATargetIsItsMeanOverRounds) {
  const std::vector<Window> windows{window_of("idle", 0, 1e9, 70), window_of("idle", 1, 1e9, 72),
                                    window_of("other", 1, 1e9, 500)};
  EXPECT_NEAR(power_of(as_they_are(windows), "idle")->mean, 71, 1e-9);
}

}  // namespace
}  // namespace clear_native
