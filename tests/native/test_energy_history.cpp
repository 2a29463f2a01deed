#include <gtest/gtest.h>

#include "core/monitor/energy_history.hpp"

namespace clear_native {
namespace {

using Seen = EnergyHistory::Seen;

EnergyReading reading(double begin_s, double energy_j, double took_s = 0.002) {
  return {.begin_s = begin_s, .end_s = begin_s + took_s, .energy_j = energy_j};
}

/// Changes at 0.1, 0.2, ... of 10 J each, each seen between readings that begin 4 ms before and 1 ms after it.
EnergyHistory followed(int changes) {
  EnergyHistory history(0.1, 0);
  for (int i = 1; i <= changes; ++i) {
    history.feed(reading(0.1 * i - 0.004, 10.0 * (i - 1)));
    history.feed(reading(0.1 * i + 0.001, 10.0 * i));
  }
  return history;
}

TEST(EnergyHistory, TellsWhatAReadingIs) {
  EnergyHistory history(0.1, 0);
  EXPECT_EQ(history.feed(reading(0, 5)), Seen::first);
  EXPECT_FALSE(history.last_change_is_narrow()) << "it was some time in the period before";
  EXPECT_FALSE(history.tells_a_power());
  EXPECT_EQ(history.feed(reading(0.01, 5)), Seen::same);
  EXPECT_EQ(history.feed(reading(0.02, 6)), Seen::changed);
  EXPECT_TRUE(history.last_change_is_narrow());
  EXPECT_TRUE(history.tells_a_power());
  EXPECT_EQ(history.feed(reading(0.9, 8)), Seen::changed);
  EXPECT_FALSE(history.last_change_is_narrow()) << "nobody looked for many periods";
  EXPECT_EQ(history.feed(reading(1.0, 7)), Seen::went_back);
}

TEST(EnergyHistory, KnotsHoldTheChanges) {
  const std::vector<Knot> knots = followed(5).knots();
  ASSERT_EQ(knots.size(), 6U) << "the first reading tells of a change too, that was a period before the next";
  for (std::size_t i = 0; i < knots.size(); ++i) {
    EXPECT_LE(std::abs(knots[i].time_s - 0.1 * static_cast<double>(i)), knots[i].half_width_s + 1e-9);
    EXPECT_LT(knots[i].half_width_s, 0.006);
    EXPECT_DOUBLE_EQ(knots[i].energy_j, 10.0 * static_cast<double>(i));
  }
}

TEST(EnergyHistory, ARareReadingIsPlacedByTheChangeAfterIt) {
  EnergyHistory history(0.1, 0);
  history.feed(reading(0.05, 0));
  history.feed(reading(1.05, 100));  // the change was at 1.0, which no reading tells
  history.feed(reading(1.096, 100));
  history.feed(reading(1.101, 110));
  const std::vector<Knot> knots = history.knots();
  ASSERT_EQ(knots.size(), 3U);
  EXPECT_NEAR(knots[1].time_s, 1.0, 0.005);
  EXPECT_LT(knots[1].half_width_s, 0.006);
}

TEST(EnergyHistory, ReadingsOfAContinuousMeterAreOfTheirOwnMoment) {
  EnergyHistory history(0, 0.001);
  EXPECT_EQ(history.feed(reading(1, 5)), Seen::first);
  EXPECT_EQ(history.feed(reading(2, 5)), Seen::changed) << "no energy was spent, and that is news";
  EXPECT_EQ(history.feed(reading(2, 5)), Seen::same) << "of the same moment";
  const std::vector<Knot> knots = history.knots();
  ASSERT_EQ(knots.size(), 2U);
  EXPECT_NEAR(knots[1].time_s, 2.0005, 1e-9);
  EXPECT_NEAR(knots[1].half_width_s, 0.0015, 1e-9);
}

TEST(EnergyHistory, SamplesGiveTheShapeAndTheCounterTheScale) {
  EnergyHistory history = followed(3);
  std::vector<PowerSample> samples;
  for (int i = 0; i < 20; ++i) {  // 110 W, but the counter says 100 W; a step of shape at 0.15
    samples.push_back({.time_s = 0.02 * i, .power_w = 110});
  }
  history.feed(samples);
  const std::vector<Knot> knots = history.knots();
  EXPECT_GE(knots.size(), 4U + 8U);
  for (const Knot& knot : knots) EXPECT_NEAR(knot.energy_j, 100 * knot.time_s, 0.3);
}

TEST(EnergyHistory, SamplesOfAnotherStretchOrWithGapsAreLeftOut) {
  for (const auto& [period_s, power_w] : {std::pair{0.02, 250.0}, std::pair{0.15, 100.0}}) {
    EnergyHistory history = followed(3);
    std::vector<PowerSample> samples;
    for (double time_s = 0; time_s < 0.4; time_s += period_s) samples.push_back({.time_s = time_s, .power_w = power_w});
    history.feed(samples);
    EXPECT_EQ(history.knots().size(), 4U) << period_s << " s, " << power_w << " W";
  }
}

TEST(EnergyHistory, ForgetsWhatIsOldButNeverAll) {
  EnergyHistory history = followed(30);
  history.forget_before(2.55);
  EXPECT_EQ(history.knots().size(), 5U);
  history.forget_before(100);
  EXPECT_GE(history.knots().size(), 2U);
  history.forget_all();
  EXPECT_TRUE(history.knots().empty());
  EXPECT_EQ(history.feed(reading(9, 1)), Seen::first);
}

}  // namespace
}  // namespace clear_native
