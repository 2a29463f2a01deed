#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/meters/power_integral.hpp"

namespace clear_native {
namespace {

/// 100 W, but 500 W from 2 to 3.37 s and from 4 to 4.25 s: energy since time 0.
double true_energy_j(double time_s) {
  const auto loaded_s = [&](double from_s, double until_s) { return std::clamp(time_s, from_s, until_s) - from_s; };
  return 100 * time_s + 400 * (loaded_s(2, 3.37) + loaded_s(4, 4.25));
}

TEST(PowerIntegralTest, MeansAreSummedExactly) {
  MeanPowerIntegral integral;
  const double step_s = 0.02;
  integral.add(0, 100);
  EXPECT_EQ(integral.energy_j(), 0) << "since when the first one counts is not known";
  for (int i = 1; i <= 250; ++i) {
    integral.add(i * step_s, (true_energy_j(i * step_s) - true_energy_j((i - 1) * step_s)) / step_s);
  }
  EXPECT_NEAR(integral.energy_j(), true_energy_j(5), 1e-9);
}

TEST(PowerIntegralTest, MomentsAreJoinedByStraightLines) {
  InstantPowerIntegral integral;
  integral.add(10, 100);
  integral.add(10.5, 200);
  EXPECT_DOUBLE_EQ(integral.energy_j(), 75);
  integral.add(11.5, 200);
  EXPECT_DOUBLE_EQ(integral.energy_j(), 275);
}

TEST(PowerIntegralTest, ATrailingMeanIsUndone) {
  TrailingMeanIntegral integral(1.0);
  InstantPowerIntegral as_it_is;
  double worst_j = 0;
  double worst_as_it_is_j = 0;
  for (int i = 0; i <= 80; ++i) {  // every tenth of a second
    const double time_s = 0.1 * i;
    const double mean_w = true_energy_j(time_s) - true_energy_j(time_s - 1);
    integral.add(time_s, mean_w);
    as_it_is.add(time_s, mean_w);
    worst_j = std::max(worst_j, std::abs(integral.energy_j() - true_energy_j(time_s)));
    worst_as_it_is_j = std::max(worst_as_it_is_j, std::abs(as_it_is.energy_j() - true_energy_j(time_s)));
  }
  EXPECT_LT(worst_j, 1e-6);
  EXPECT_GT(worst_as_it_is_j, 150) << "else this test would not need the correction";
}

TEST(PowerIntegralTest, ATrailingMeanSeenAtUnevenTimesIsUndoneNearly) {
  TrailingMeanIntegral integral(1.0);
  double worst_j = 0;
  for (int i = 0; i <= 80; ++i) {
    const double time_s = 0.1 * i + 0.003 * std::sin(i);
    integral.add(time_s, true_energy_j(time_s) - true_energy_j(time_s - 1));
    worst_j = std::max(worst_j, std::abs(integral.energy_j() - true_energy_j(time_s)));
  }
  EXPECT_LT(worst_j, 5) << "of 400 W steps seen every 100 ms";
}

TEST(PowerIntegralTest, WhatIsGivenOutNeverGoesBack) {
  TrailingMeanIntegral integral(1.0);
  integral.add(0, 100);
  double before_j = 0;
  for (int i = 1; i < 50; ++i) {
    integral.add(0.1 * i, i % 2 == 0 ? 100 : 60);  // no boxcar does this
    EXPECT_GE(integral.energy_j(), before_j);
    before_j = integral.energy_j();
  }
}

TEST(PowerIntegralTest, PowerStandsAfterItsTime) {
  StandingPower standing(1.0, 0.02);
  EXPECT_FALSE(standing.feed(0, 100));
  EXPECT_FALSE(standing.feed(0.9, 101));
  EXPECT_FALSE(standing.feed(0.95, 110)) << "it moved: from anew";
  EXPECT_FALSE(standing.feed(1.9, 110));
  EXPECT_TRUE(standing.feed(1.96, 109));
}

}  // namespace
}  // namespace clear_native
