#include <gtest/gtest.h>

#include "core/sensor/sensor_trace.hpp"

namespace clear_native {
namespace {

TEST(SensorTrace, TicksLieWhereTheReadingChanged) {
  SensorTrace trace;
  trace.readings = {{1.0, 1.002, 5}, {1.01, 1.012, 5}, {1.02, 1.022, 7}, {1.1, 1.1, 9}};
  const auto ticks = trace.ticks();
  ASSERT_EQ(ticks.size(), 2U);
  EXPECT_NEAR(ticks[0].time_s, 1.016, 1e-12);
  EXPECT_EQ(ticks[0].energy_j, 7);
  EXPECT_EQ(ticks[1].time_s, 1.1) << "it carries its own moment";
  EXPECT_EQ(ticks[1].energy_j, 9);
}

TEST(SensorTrace, SamplesTellTheEnergyWhereThereAreSome) {
  SensorTrace trace;
  trace.readings = {{0, 0.1, 0}, {1, 1.1, 500}, {2, 2.1, 900}};
  EXPECT_NEAR(*trace.mean_power_w(0, 3), 400, 1e-9);
  trace.samples = {{0.5, 77}, {1.0, 100}, {1.5, 200}, {2.5, 300}};
  const auto points = trace.energy(0.9, 2.0);
  ASSERT_EQ(points.size(), 2U) << "those between the two times";
  EXPECT_DOUBLE_EQ(points[0].energy_j, 50) << "each is the mean since the one before it";
  EXPECT_DOUBLE_EQ(points[1].energy_j, 150);
  EXPECT_DOUBLE_EQ(*trace.mean_power_w(0.9, 2.0), 200);
}

TEST(SensorTrace, NoPowerFromOneMoment) {
  SensorTrace trace;
  EXPECT_FALSE(trace.mean_power_w(0, 1).has_value()) << "nothing was seen then";
  trace.readings = {{0, 0, 1}, {1, 1, 2}};
  EXPECT_FALSE(trace.mean_power_w(0, 2).has_value());
  trace.readings = {{0, 0, 1}, {1, 1, 2}, {1, 1, 3}};
  EXPECT_FALSE(trace.mean_power_w(0, 2).has_value()) << "two at one moment";
}

TEST(SensorTrace, EnergyIsStraightBetweenPoints) {
  const std::vector<EnergyPoint> points = {{0, 10}, {2, 20}, {3, 50}};
  const std::vector<std::pair<double, double>> expected = {{-1, 10}, {0, 10}, {1, 15}, {2.5, 35}, {3, 50}, {9, 50}};
  for (const auto& [time_s, energy_j] : expected) EXPECT_DOUBLE_EQ(energy_at(points, time_s), energy_j) << time_s;
}

TEST(SensorTrace, Gaps) {
  EXPECT_EQ(median_gap_s(std::vector<double>{0, 1, 3, 3.5}), 1);
  EXPECT_FALSE(median_gap_s(std::vector<double>{1}).has_value());
  EXPECT_FALSE(median_gap_s({}).has_value());
}

}  // namespace
}  // namespace clear_native
