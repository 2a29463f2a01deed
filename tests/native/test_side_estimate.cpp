#include <gtest/gtest.h>

#include <cmath>

#include "core/rounds/side_estimate.hpp"
#include "made_windows.hpp"

namespace clear_native {
namespace {

using testing::made_window;

/// A window in which the side meter saw `power_w`.
Window with_side(const std::string& target, int round, double power_w, double pass_s,
                 const std::string& scope = "cpu") {
  Window window = made_window(target, round, 10 * round, 1, pass_s);
  window.sides = {{.scope = scope, .begin_s = window.begin_s, .end_s = window.end_s, .energy_j = power_w * 0.2}};
  return window;
}

TEST(SideEstimates, MeansAndIntervalsBetweenRounds) {
  const auto estimates =
      side_estimates({with_side("plain", 0, 40, 0.01), with_side("idle", 0, 30, 1), with_side("plain", 1, 50, 0.01),
                      with_side("plain", 1, 54, 0.01), with_side("plain", 2, 46, 0.01)});
  ASSERT_EQ(estimates.size(), 2U);
  const SideEstimate& plain = estimates[0];
  EXPECT_EQ(plain.scope, "cpu");
  EXPECT_EQ(plain.target, "plain");
  EXPECT_EQ(plain.power_w.rounds, 3) << "two windows of one round are one value";
  EXPECT_NEAR(plain.power_w.mean, 46, 1e-9) << "of 40, 52 and 46";
  EXPECT_NEAR(plain.power_w.standard_deviation, 6, 1e-9);
  EXPECT_NEAR(*plain.power_w.half_width, 4.3027 * 6 / std::sqrt(3), 1e-3) << "Student's t for two degrees of freedom";
  EXPECT_NEAR(plain.energy_per_pass_j.mean, 0.46, 1e-9);
  EXPECT_EQ(estimates[1].target, "idle");
  EXPECT_FALSE(estimates[1].power_w.half_width) << "of one round";
}

TEST(SideEstimates, DosedAndSpoiltWindowsAreLeftOut) {
  Window dosed = with_side("dosed 1+", 0, 40, 0.01);
  dosed.doses = "+0";
  Window spoilt = with_side("plain", 0, 40, 0.01);
  spoilt.time_per_pass_s.reset();
  Window instantly = with_side("plain", 0, 40, 0.01);
  instantly.sides[0].end_s = instantly.sides[0].begin_s;
  EXPECT_TRUE(side_estimates({dosed, spoilt, instantly, made_window("plain", 0, 0, 1, 1)}).empty());
}

TEST(SideEstimates, EachScopeApart) {
  const auto estimates = side_estimates({with_side("plain", 0, 40, 0.01), with_side("plain", 0, 90, 0.01, "gpu")});
  ASSERT_EQ(estimates.size(), 2U);
  EXPECT_NEAR(estimates[1].power_w.mean, 90, 1e-9);
  EXPECT_EQ(estimates[1].scope, "gpu");
}

}  // namespace
}  // namespace clear_native
