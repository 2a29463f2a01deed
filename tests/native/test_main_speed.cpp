#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "core/rounds/main_speed.hpp"

namespace clear_native {
namespace {

const std::vector<TargetInfo> targets = {{.name = "chain", .role = TargetRole::preserved},
                                         {.name = "idle", .role = TargetRole::idle}};

TEST(MainSpeed, TimeSavedCostsIdlePower) {
  std::vector<Observations> observations = {
      {{.energy_j = 9, .time_s = 8}, {.energy_j = 9.4, .time_s = 8.8, .off_speed = 0.1}},
      {{.energy_j = 0.5, .time_s = 1}}};
  refer_to_main_speed(observations, targets);
  EXPECT_EQ(observations[0][0].energy_j, 9);
  EXPECT_NEAR(observations[0][1].energy_j, 9, 1e-12);
  EXPECT_NEAR(observations[0][1].time_s, 8, 1e-12);
}

TEST(MainSpeed, OnlyTimesAtItCountAndFewerThanTwoHaveNoSpread) {
  const std::map<int, Observation> rounds = {
      {0, {.time_s = 8}}, {1, {.time_s = 8.1}}, {2, {.time_s = 8.05, .off_speed = 0.1}}};
  EXPECT_EQ(at_main_speed(rounds).size(), 2U);
  const std::map<int, Observation> one = {{1, {.time_s = 8.1}}, {2, {.time_s = 8.1, .off_speed = 0.1}}};
  ASSERT_EQ(at_main_speed(one).size(), 1U);
  EXPECT_EQ(at_main_speed(one).begin()->second.time_s, 8.1);
  EXPECT_EQ(at_main_speed({{2, {.time_s = 8.1, .off_speed = 0.1}}}).size(), 1U);
}

TEST(MainSpeed, WithoutIdlePowerEnergiesStayAsTheyWere) {
  std::vector<Observations> observations = {{{.energy_j = 9, .time_s = 8.8, .off_speed = 0.1}}};
  refer_to_main_speed(observations, {{.name = "chain", .role = TargetRole::preserved}});
  EXPECT_EQ(observations[0][0].energy_j, 9);
  EXPECT_EQ(observations[0][0].time_s, 8.8);
}

}  // namespace
}  // namespace clear_native
