#include <gtest/gtest.h>

#include "core/rounds/corrected.hpp"
#include "made_windows.hpp"

namespace clear_native {
namespace {

using testing::made_window;

const std::vector<TargetInfo> targets = {{.name = "model", .role = TargetRole::preserved},
                                         {.name = "part", .role = TargetRole::component}};

/// Ten rounds; everything costs 1 % more each second. Part draws 100 W, the model 200 W.
std::vector<Window> drifting() {
  std::vector<Window> windows;
  for (int round = 0; round < 10; ++round) {
    const double model_s = 1000 + round;
    const double part_s = model_s + 0.5;
    windows.push_back(made_window("model", round, model_s, 2 * (1 + 0.01 * (model_s - 1004.75)), 0.01));
    windows.push_back(made_window("part", round, part_s, 1 * (1 + 0.01 * (part_s - 1004.75)), 0.01));
  }
  return windows;
}

TEST(CorrectedObservations, AreWhatTheyWereInTheMiddle) {
  const Corrected corrected = corrected_observations(drifting(), targets);
  ASSERT_TRUE(corrected.effects);
  EXPECT_NEAR(corrected.effects->drift_per_s, 0.01, 3e-4);
  EXPECT_NEAR(corrected.reference.time_s, 1004.75, 1e-9);
  for (const Observation& observation : corrected.observations[0]) EXPECT_NEAR(observation.energy_j, 2, 0.01);
  for (const Observation& observation : corrected.observations[1]) EXPECT_NEAR(observation.energy_j, 1, 0.005);
  EXPECT_NEAR(corrected.freedom_lost, 2.0 * 9 / 18, 1e-12) << "two slopes over 18 degrees of freedom, nine of them";
  EXPECT_EQ(corrected.relative_errors.size(), 2U);
}

TEST(CorrectedObservations, AreLeftAloneWhereEffectsCannotBeTold) {
  std::vector<Window> windows = drifting();
  windows.resize(4);
  const Corrected corrected = corrected_observations(windows, targets);
  EXPECT_FALSE(corrected.effects);
  EXPECT_EQ(corrected.freedom_lost, 0);
  EXPECT_EQ(corrected.observations[1][1].energy_j, windows[3].energy_per_pass_j);
}

TEST(CorrectedObservations, MayBeFittedToOthers) {
  std::vector<Observations> observations;
  for (const TargetInfo& target : targets) observations.push_back(observations_of(drifting(), target.name));
  std::vector<Observations> steady = observations;
  for (Observations& target : steady) {
    for (Observation& observation : target) observation.energy_j = 1;
  }
  const Corrected corrected = corrected_observations(observations, steady, 200);
  ASSERT_TRUE(corrected.effects);
  EXPECT_EQ(corrected.reference.power_before_w, 200);
  EXPECT_NEAR(corrected.observations[0][0].energy_j, observations[0][0].energy_j, 1e-9);
}

TEST(ModelPower, IsThatOfTheModelElseOfEverything) {
  std::vector<Observations> observations = {{{.energy_j = 2, .time_s = 0.01}}, {{.energy_j = 1, .time_s = 0.01}}};
  EXPECT_DOUBLE_EQ(model_power_w(observations, targets), 200);
  EXPECT_DOUBLE_EQ(model_power_w(observations, {{.name = "a"}, {.name = "b"}}), 150);
  EXPECT_EQ(model_power_w({}, {}), 0);
}

TEST(Widen, NeedsSomethingToWiden) {
  std::optional<Interval> none;
  widen(none, 0.1);
  EXPECT_FALSE(none);
  std::optional<Interval> single = Interval{.mean = 1};
  widen(single, 0.1);
  EXPECT_FALSE(single->half_width);
}

}  // namespace
}  // namespace clear_native
