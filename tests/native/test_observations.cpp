#include <gtest/gtest.h>

#include <cmath>

#include "core/rounds/observations.hpp"
#include "core/statistics/statistics.hpp"
#include "made_windows.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

using testing::made_window;

TEST(ObservationsOf, TakesTheUsableWindowsOfTheTarget) {
  std::vector<Window> windows = {made_window("a", 0, 1, 5, 0.1), made_window("b", 0, 2, 6, 0.1),
                                 made_window("a", 1, 3, 7, 0.1)};
  windows.push_back(made_window("a", 2, 4, 0, 0.1));
  windows.back().energy_per_pass_j.reset();
  const Observations observations = observations_of(windows, "a");
  ASSERT_EQ(observations.size(), 2U);
  EXPECT_EQ(observations[1].round, 1);
  EXPECT_DOUBLE_EQ(observations[1].middle_s, 3);
  EXPECT_DOUBLE_EQ(observations[1].energy_j, 7);
}

TEST(ByRound, WindowsOfOneRoundBecomeTheirMean) {
  const Observations observations = {{.round = 0, .middle_s = 1, .length_s = 0.2, .energy_j = 5, .time_s = 1},
                                     {.round = 1, .middle_s = 4, .length_s = 0.2, .energy_j = 9, .time_s = 3},
                                     {.round = 0, .middle_s = 3, .length_s = 0.3, .energy_j = 7, .time_s = 2}};
  const auto rounds = by_round(observations);
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_DOUBLE_EQ(rounds.at(0).energy_j, 6);
  EXPECT_DOUBLE_EQ(rounds.at(0).time_s, 1.5);
  EXPECT_DOUBLE_EQ(rounds.at(0).middle_s, 2);
  EXPECT_DOUBLE_EQ(rounds.at(0).length_s, 0.5);
  EXPECT_DOUBLE_EQ(rounds.at(1).energy_j, 9);
}

TEST(ObservationsOf, KnowTheTemperatureWhereTheMeterTellsIt) {
  std::vector<Window> windows = {made_window("a", 0, 1, 5, 0.1), made_window("a", 1, 2, 5, 0.1)};
  windows[1].operating_point = OperatingPoint{.temperature_c = 47};
  const Observations observations = observations_of(windows, "a");
  EXPECT_FALSE(observations[0].temperature_c);
  EXPECT_EQ(observations[1].temperature_c, 47);
}

TEST(IntervalOf, IsStudentsWithOneDegreeOfFreedomLessThanRounds) {
  const std::vector<double> values = {9, 10, 11, 10};
  const std::vector<double> lengths_s(4, 0.2);
  const auto interval = interval_of(values, lengths_s);
  ASSERT_TRUE(interval && interval->half_width);
  EXPECT_DOUBLE_EQ(interval->mean, 10);
  EXPECT_EQ(interval->rounds, 4);
  EXPECT_NEAR(interval->standard_deviation, std::sqrt(2.0 / 3), 1e-12);
  EXPECT_NEAR(*interval->half_width, 3.18245 * std::sqrt(2.0 / 3 / 4), 1e-4);
}

TEST(IntervalOf, OneWindowHasNoHalfWidth) {
  const auto interval = interval_of(std::vector<double>{9}, std::vector<double>{0.2});
  ASSERT_TRUE(interval);
  EXPECT_FALSE(interval->half_width);
  EXPECT_FALSE(interval_of({}, {}));
}

TEST(IntervalOf, WhatWasFittedBeforeWidensIt) {
  const std::vector<double> values = {9, 10, 11, 10};
  const std::vector<double> lengths_s(4, 0.2);
  const double plain = *interval_of(values, lengths_s)->half_width;
  const double wider_t = student_t_two_sided(0.95, 2.5) / student_t_two_sided(0.95, 3);
  EXPECT_NEAR(*interval_of(values, lengths_s, 0.5)->half_width, plain * std::sqrt(3 / 2.5) * wider_t, 1e-12);
}

TEST(IntervalOf, LongerWindowsCountMore) {
  const auto interval = interval_of(std::vector<double>{9, 11}, std::vector<double>{0.2, 0.4});
  EXPECT_GT(interval->mean, 10.2);
}

TEST(IntervalOf, CoversTheTruthAsOftenAsItSays) {
  testing::NormalNoise noise(99);
  int covered = 0;
  constexpr int trials = 4000;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values;
    for (int i = 0; i < 8; ++i) values.push_back(10 + 0.3 * noise.normal());
    const auto interval = interval_of(values, std::vector<double>(8, 0.2));
    covered += std::abs(interval->mean - 10) <= *interval->half_width ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(covered) / trials, 0.95, 0.012);
}

TEST(AtMainSpeed, OnlyItsTimesCountAndFewerThanTwoHaveNoSpread) {
  const std::map<int, Observation> rounds = {
      {0, {.time_s = 8}}, {1, {.time_s = 8.1}}, {2, {.time_s = 8.05, .off_speed = 0.1}}};
  EXPECT_EQ(at_main_speed(rounds).size(), 2U);
  const std::map<int, Observation> one = {{1, {.time_s = 8.1}}, {2, {.time_s = 8.1, .off_speed = 0.1}}};
  ASSERT_EQ(at_main_speed(one).size(), 1U);
  EXPECT_EQ(at_main_speed(one).begin()->second.time_s, 8.1);
  EXPECT_EQ(at_main_speed({{2, {.time_s = 8.1, .off_speed = 0.1}}}).size(), 1U);
}

}  // namespace
}  // namespace clear_native
