#include <gtest/gtest.h>

#include <cmath>

#include "core/monitor/window_energy.hpp"

namespace clear_native {
namespace {

MeterTraits with_period(double period_s) {
  MeterTraits traits;
  traits.period_s = period_s;
  return traits;
}

const MeterTraits counter = with_period(0.1);
const MeterTraits fast = with_period(0.001);

EdgeEnergy edge(double energy_j, double knot_before_s, double knot_after_s, double half_width_j = 0.3) {
  EdgeEnergy found;
  found.energy_j = energy_j;
  found.half_width_j = half_width_j;
  found.knot_before_s = knot_before_s;
  found.knot_after_s = knot_after_s;
  return found;
}

TEST(WindowEnergy, IsTheDifferenceWithBothUncertainties) {
  const WindowEnergy found = window_energy(edge(10, 0.9, 1.0, 0.3), edge(50, 2.0, 2.1, 0.4), 0.95, 2.05, counter);
  EXPECT_EQ(found.status, "ok");
  EXPECT_DOUBLE_EQ(*found.energy_j, 40);
  EXPECT_DOUBLE_EQ(*found.half_width_j, 0.5);
}

TEST(WindowEnergy, TooShortWithoutAWholeStretchInside) {
  const WindowEnergy found = window_energy(edge(10, 0.9, 1.0), edge(20, 1.0, 1.1), 0.95, 1.09, counter);
  EXPECT_EQ(found.status, "too_short");
  EXPECT_FALSE(found.energy_j);
  EXPECT_NE(found.message.find("140 ms"), std::string::npos) << found.message;
  EXPECT_NE(found.message.find("100 ms"), std::string::npos) << found.message;
  EXPECT_TRUE(window_energy(edge(10, 0.9, 1.0), edge(20, 1.1, 1.2), 0.95, 1.15, counter).energy_j);
}

TEST(WindowEnergy, AFastMeterNeedsTwoOfItsPeriods) {
  EXPECT_EQ(window_energy(edge(1, 0, 1), edge(2, 0, 1), 0.5, 0.5019, fast).status, "too_short");
  EXPECT_EQ(window_energy(edge(1, 0, 1), edge(2, 0, 1), 0.5, 0.5021, fast).status, "ok");
}

TEST(WindowEnergy, LessThanItsUncertaintyIsNoNumber) {
  const WindowEnergy found = window_energy(edge(10, 0, 1, 0.3), edge(10.2, 2, 3, 0.3), 0.5, 2.5, counter);
  EXPECT_EQ(found.status, "below_resolution");
  EXPECT_FALSE(found.energy_j);
  EXPECT_FALSE(window_energy(edge(10, 0, 1, 0), edge(10, 2, 3, 0), 0.5, 2.5, counter).energy_j) << "nothing is not 0";
}

TEST(WindowEnergy, SaysWhatBroke) {
  EdgeEnergy failed = edge(50, 2, 2.1);
  failed.status = "meter_failed";
  failed.message = "gone";
  const WindowEnergy one = window_energy(edge(10, 0.9, 1.0), failed, 0.95, 2.05, counter);
  EXPECT_EQ(one.status, "meter_failed");
  EXPECT_EQ(one.message, "gone");
  EdgeEnergy later = edge(50, 2, 2.1);
  later.series = 1;
  later.broken_by = "counter_went_back";
  EXPECT_EQ(window_energy(edge(10, 0.9, 1.0), later, 0.95, 2.05, counter).status, "counter_went_back");
}

}  // namespace
}  // namespace clear_native
