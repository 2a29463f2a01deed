#include <gtest/gtest.h>

#include <vector>

#include "core/monitor/energy_at.hpp"

namespace clear_native {
namespace {

/// Knots every second, with these mean powers between them.
std::vector<Knot> knots_with(const std::vector<double>& powers_w, double half_width_s = 0) {
  std::vector<Knot> knots{{.time_s = 0, .energy_j = 0, .half_width_s = half_width_s}};
  for (const double power_w : powers_w) {
    knots.push_back(
        {.time_s = knots.back().time_s + 1, .energy_j = knots.back().energy_j + power_w, .half_width_s = half_width_s});
  }
  return knots;
}

TEST(EnergyAt, SteadyPowerIsAStraightLine) {
  const auto found = energy_at(knots_with({100, 100, 100}), 1.25);
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->energy_j, 125);
  EXPECT_DOUBLE_EQ(found->half_width_j, 0);
  EXPECT_DOUBLE_EQ(found->knot_before_s, 1);
  EXPECT_DOUBLE_EQ(found->knot_after_s, 2);
}

TEST(EnergyAt, AStepIsWhereTheKnotsEnergySaysItMustBe) {
  // 100 W, then 300 W from 1.25 on.
  const std::vector<Knot> knots = knots_with({100, 0.25 * 100 + 0.75 * 300, 300});
  for (const double time_s : {1.1, 1.25, 1.6}) {
    const double truth_j = 100 + (time_s <= 1.25 ? 100 * (time_s - 1) : 25 + 300 * (time_s - 1.25));
    const auto found = energy_at(knots, time_s);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->energy_j, truth_j, 1e-9);
  }
}

TEST(EnergyAt, HoldsWhateverGoesFromOneLevelToTheOther) {
  // A ramp from 100 to 300 W over the second: between the step and the straight line.
  const auto found = energy_at(knots_with({100, 200, 300}), 1.5);
  const double truth_j = 100 + 100 * 0.5 + 200 * 0.5 * 0.5 / 2;
  ASSERT_TRUE(found);
  EXPECT_GT(found->half_width_j, 0);
  EXPECT_LE(std::abs(found->energy_j - truth_j), found->half_width_j);
}

TEST(EnergyAt, ABurstMayBeAnywhereInItsStretch) {
  // 100 W around, and 50 J more at one end of the second or at the other.
  const auto found = energy_at(knots_with({100, 150, 100}), 1.5);
  ASSERT_TRUE(found);
  for (const double truth_j : {100 + 50 + 50.0, 100 + 50.0}) {
    EXPECT_LE(std::abs(found->energy_j - truth_j), found->half_width_j + 1e-9);
  }
}

TEST(EnergyAt, ADipMayBeAnywhereInItsStretch) {
  const auto found = energy_at(knots_with({100, 50, 100}), 1.5);
  ASSERT_TRUE(found);
  for (const double truth_j : {100 + 50.0, 100.0}) {
    EXPECT_LE(std::abs(found->energy_j - truth_j), found->half_width_j + 1e-9);
  }
}

TEST(EnergyAt, CloseToAKnotLittleCanBeWrong) {
  const auto found = energy_at(knots_with({100, 700, 100}), 1.9999);
  ASSERT_TRUE(found);
  EXPECT_LT(found->half_width_j, 2 * 700 * 1e-4 + 1e-9) << "no more than twice the highest mean can be spent there";
}

TEST(EnergyAt, WithoutANeighbourAllOfAStretchMayLieOnOneSide) {
  const std::vector<Knot> knots = knots_with({100, 100});
  const auto found = energy_at(knots, 0.5);
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->energy_j, 50);
  EXPECT_DOUBLE_EQ(found->half_width_j, 50);
}

TEST(EnergyAt, KnotsThatAreNotWellKnownInTimeShiftIt) {
  const auto found = energy_at(knots_with({100, 100, 100}, 0.01), 1.0);
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->half_width_j, 100 * 0.01);
}

TEST(EnergyAt, NothingIsKnownOutside) {
  const std::vector<Knot> knots = knots_with({100, 100});
  EXPECT_FALSE(energy_at(knots, -0.1));
  EXPECT_FALSE(energy_at(knots, 2.0)) << "from the last knot on";
  EXPECT_FALSE(energy_at({}, 1));
}

}  // namespace
}  // namespace clear_native
