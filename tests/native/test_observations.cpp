#include "core/observations.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/statistics.hpp"
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

std::vector<Observations> drifting(double drift_per_s, double noise_share, std::uint64_t seed) {
  testing::NormalNoise noise(seed);
  std::vector<Observations> targets(3);
  const double energies_j[] = {100, 5, 40};
  double now_s = 1000;
  for (int round = 0; round < 8; ++round) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      now_s += 0.4;
      const double relative = (1 + drift_per_s * (now_s - 1005)) * (1 + noise_share * noise.normal());
      targets[i].push_back({round, now_s, 0.2, energies_j[i] * relative, 0.001});
    }
  }
  return targets;
}

TEST(FitDrift, FindsTheDriftCommonToAllTargets) {
  const auto drift_per_s = fit_drift_per_s(drifting(0.002, 0, 1));
  ASSERT_TRUE(drift_per_s);
  EXPECT_NEAR(*drift_per_s, 0.002, 2e-5);
}

TEST(FitDrift, ANoisyTargetCountsLittle) {
  std::vector<Observations> targets = drifting(0.002, 0.0005, 3);
  for (Observation& observation : targets[1]) observation.energy_j *= observation.round % 2 == 0 ? 1.3 : 0.8;
  EXPECT_NEAR(*fit_drift_per_s(targets), 0.002, 2e-4);
}

TEST(FitDrift, IsAbsentWithTooFewWindows) {
  EXPECT_FALSE(fit_drift_per_s({}));
  std::vector<Observations> targets = drifting(0.002, 0, 1);
  for (Observations& observations : targets) observations.resize(2);
  EXPECT_FALSE(fit_drift_per_s(targets));
}

TEST(RemoveDrift, RefersToTheReferenceTime) {
  std::vector<Observations> targets = drifting(0.002, 0, 1);
  remove_drift(targets, 0.002, 1005);
  for (const Observation& observation : targets[0]) EXPECT_NEAR(observation.energy_j, 100, 1e-9);
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

TEST(IntervalOf, LongerWindowsCountMore) {
  const auto interval = interval_of(std::vector<double>{9, 11}, std::vector<double>{0.2, 0.4});
  EXPECT_GT(interval->mean, 10.3);
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

}  // namespace
}  // namespace clear_native
