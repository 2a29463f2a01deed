#include <gtest/gtest.h>

#include <cmath>

#include "core/rounds/schedule.hpp"
#include "core/rounds/slow_effects.hpp"
#include "made_windows.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

using testing::made_window;

/// Eight rounds of three targets of different power in random order, with scripted effects.
std::vector<Window> profile_with(const SlowEffects& effects, double noise_share, std::uint64_t seed) {
  testing::NormalNoise noise(seed);
  const double energies_j[] = {100, 5, 40};
  const double powers_w[] = {250, 120, 600};
  const char* names[] = {"a", "b", "c"};
  std::vector<Window> windows;
  double now_s = 1000;
  for (int round = 0; round < 8; ++round) {
    for (const std::size_t target : round_order(seed, round, 3)) {
      now_s += 0.4;
      windows.push_back(made_window(names[target], round, now_s, 1, 1));
      windows.back().lead_in_s = 0.15;
      windows.back().time_per_pass_s = energies_j[target] / powers_w[target];
      windows.back().energy_per_pass_j = energies_j[target];
      const double before_w = power_before_w(windows).back().value_or(323) - 323;
      const double relative = 1 + effects.drift_per_s * (now_s - 1005) + effects.carry_over_per_w * before_w;
      windows.back().energy_per_pass_j = energies_j[target] * relative * (1 + noise_share * noise.normal());
      windows.back().time_per_pass_s = *windows.back().energy_per_pass_j / powers_w[target];
    }
  }
  return windows;
}

std::vector<Observations> observed(const std::vector<Window>& windows) {
  return {observations_of(windows, "a"), observations_of(windows, "b"), observations_of(windows, "c")};
}

TEST(PowerBefore, IsThatOfTheWindowsBeforeTheLatestOnesMost) {
  std::vector<Window> windows = {made_window("a", 0, 1.0, 100, 1), made_window("b", 0, 1.4, 300, 1),
                                 made_window("c", 0, 1.8, 10, 1)};
  const auto powers_w = power_before_w(windows);
  ASSERT_EQ(powers_w.size(), 3U);
  EXPECT_FALSE(powers_w[0]);
  EXPECT_DOUBLE_EQ(*powers_w[1], 100);
  EXPECT_GT(*powers_w[2], 200);
  EXPECT_LT(*powers_w[2], 300);
}

TEST(PowerBefore, CountsLeadInsAsPartOfTheirWindow) {
  std::vector<Window> windows = {made_window("a", 0, 1.0, 100, 1), made_window("b", 0, 1.6, 300, 1),
                                 made_window("c", 0, 2.0, 10, 1)};
  windows[1].lead_in_s = 0.35;  // b draws from 1.15 s on
  windows[2].lead_in_s = 0.15;  // c draws from 1.75 s on
  // Weights by hand: a exp(-0.65/0.8) - exp(-0.85/0.8), b exp(-0.05/0.8) - exp(-0.6/0.8).
  EXPECT_NEAR(*power_before_w(windows)[2], 265.3, 0.2);
}

TEST(PowerBefore, ForgetsWhatIsOld) {
  const auto powers_w = power_before_w({made_window("a", 0, 1, 100, 1), made_window("b", 0, 60, 300, 1)});
  EXPECT_FALSE(powers_w[1]);
}

TEST(FitSlowEffects, FindsBothEffectsTogether) {
  const auto effects = fit_slow_effects(observed(profile_with({0.002, 9e-5}, 1e-4, 7)));
  ASSERT_TRUE(effects);
  EXPECT_NEAR(effects->drift_per_s, 0.002, 5e-5);
  EXPECT_NEAR(effects->carry_over_per_w, 9e-5, 4e-6);
}

TEST(FitSlowEffects, FindsNothingWhereThereIsNothing) {
  const auto effects = fit_slow_effects(observed(profile_with({0, 0}, 0.003, 8)));
  ASSERT_TRUE(effects);
  EXPECT_NEAR(effects->drift_per_s, 0, 6e-4);
  EXPECT_NEAR(effects->carry_over_per_w, 0, 2e-5);
}

TEST(FitSlowEffects, ANoisyTargetCountsLittle) {
  std::vector<Observations> targets = observed(profile_with({0.002, 0}, 0.0005, 3));
  for (Observation& observation : targets[1]) observation.energy_j *= observation.round % 2 == 0 ? 1.3 : 0.8;
  EXPECT_NEAR(fit_slow_effects(targets)->drift_per_s, 0.002, 2e-4);
}

TEST(FitSlowEffects, IsAbsentWithTooFewWindows) {
  EXPECT_FALSE(fit_slow_effects({}));
  std::vector<Observations> targets = observed(profile_with({0.002, 0}, 0, 1));
  for (Observations& observations : targets) observations.resize(2);
  EXPECT_FALSE(fit_slow_effects(targets));
}

/// A GPU that warms towards 60 C in 4 s and cools a little in every other round: time and temperature go apart.
std::vector<Observations> warming_by(double per_k, double drift_per_s) {
  testing::NormalNoise noise(3);
  std::vector<Observations> targets(3);
  for (int round = 0; round < 12; ++round) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const double time_s = 1000 + round + 0.3 * static_cast<double>(i);
      const double temperature_c = 60 - 15 * std::exp((1000 - time_s) / 4) - (round % 2 == 0 ? 2 : 0);
      const double relative = 1 + per_k * (temperature_c - 55) + drift_per_s * (time_s - 1006);
      targets[i].push_back({.round = round,
                            .middle_s = time_s,
                            .length_s = 0.2,
                            .energy_j = 10.0 * static_cast<double>(i + 1) * relative * (1 + 1e-4 * noise.normal()),
                            .time_s = 1,
                            .temperature_c = temperature_c});
    }
  }
  return targets;
}

TEST(FitSlowEffects, TellsTemperatureFromDriftWhereTheyGoApart) {
  const auto effects = fit_slow_effects(warming_by(0.0015, 0.0005));
  ASSERT_TRUE(effects);
  EXPECT_NEAR(effects->temperature_per_k.value(), 0.0015, 1e-4);
  EXPECT_NEAR(effects->drift_per_s, 0.0005, 1e-4);
}

TEST(FitSlowEffects, TemperatureIsAbsentWhereNoWindowTellsIt) {
  EXPECT_FALSE(fit_slow_effects(observed(profile_with({0.002, 0}, 0.0005, 3)))->temperature_per_k);
}

TEST(RemoveSlowEffects, RefersToTheMiddleOfTimeAndTemperature) {
  std::vector<Observations> targets = warming_by(0.0015, 0.0005);
  const SlowReference reference = middle_of(targets, 100);
  EXPECT_EQ(reference.power_before_w, 100);
  double mean_c = 0;
  double mean_j = 0;
  for (const Observation& observation : targets[1]) {
    mean_c += observation.temperature_c.value() / 12;
    mean_j += observation.energy_j / 12;
  }
  EXPECT_NEAR(reference.temperature_c, mean_c, 0.2);
  EXPECT_NEAR(reference.time_s, 1005.8, 0.01);
  remove_slow_effects(targets, *fit_slow_effects(targets), reference);
  for (const Observation& observation : targets[1]) EXPECT_NEAR(observation.energy_j / mean_j, 1, 1e-3);
}

TEST(RemoveSlowEffects, LeavesWhatWouldHaveBeenAtTheReference) {
  std::vector<Observations> targets = observed(profile_with({0.002, 9e-5}, 0, 5));
  const auto effects = fit_slow_effects(targets);
  ASSERT_TRUE(effects);
  remove_slow_effects(targets, *effects, {.time_s = 1005, .power_before_w = 323});
  for (const Observations& observations : targets) {
    for (const Observation& observation : observations) {
      if (!observation.power_before_w) continue;  // the very first: nothing is known of what was before it
      EXPECT_NEAR(observation.energy_j / observations.back().energy_j, 1, 5e-4);
    }
  }
}

}  // namespace
}  // namespace clear_native
