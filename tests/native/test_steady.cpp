#include <gtest/gtest.h>

#include <vector>

#include "core/windows/steady.hpp"

namespace clear_native {
namespace {

std::vector<PowerSample> samples_of(const std::vector<double>& powers_w) {
  std::vector<PowerSample> samples;
  for (std::size_t i = 0; i < powers_w.size(); ++i) samples.push_back({0.02 * static_cast<double>(i), powers_w[i]});
  return samples;
}

TEST(Steadiness, OfEqualSamplesIsSteady) {
  const auto samples = samples_of({100, 100, 100, 100, 100, 100, 100, 100});
  EXPECT_EQ(steadiness(samples, 0, {}), Steadiness::steady);
}

TEST(Steadiness, WithinTheToleranceIsSteadyAndBeyondIsNot) {
  EXPECT_EQ(steadiness(samples_of({0, 100, 100, 100, 101, 101, 101}), 0, {}), Steadiness::steady);
  EXPECT_EQ(steadiness(samples_of({0, 100, 100, 100, 102, 102, 102}), 0, {}), Steadiness::unsteady);
}

TEST(Steadiness, IsUnknownUntilSamplesAfterTheSwitchCoverBothStretches) {
  const auto samples = samples_of({100, 100, 100, 100, 100, 100});
  EXPECT_EQ(steadiness(samples, 0, {}), Steadiness::unknown);
  EXPECT_EQ(steadiness(std::span<const PowerSample>{}, 0, {}), Steadiness::unknown);
  EXPECT_EQ(steadiness(samples_of({9, 9, 100, 100, 100, 100, 100, 100, 100}), 0.04, {}), Steadiness::steady);
}

TEST(Steadiness, ByTicksComparesTheLastTwoPeriods) {
  const auto ticks = [](double last_power_w) {
    return std::vector<TickBracket>{{0.999, 1.001, 0}, {1.099, 1.101, 10}, {1.199, 1.201, 10 + 0.1 * last_power_w}};
  };
  EXPECT_EQ(steadiness(ticks(100), 0.1, 0, {}), Steadiness::steady);
  EXPECT_EQ(steadiness(ticks(112), 0.1, 0, {}), Steadiness::unsteady);
  EXPECT_EQ(steadiness(ticks(100), 0.1, 1.05, {}), Steadiness::unknown);
}

TEST(Steadiness, OfAContinuousMeterIgnoresHowOftenItIsRead) {
  std::vector<TickBracket> ticks;
  for (int i = 0; i < 40; ++i) ticks.push_back({0.005 * i, 0.005 * i, 0.5 * i});
  EXPECT_EQ(steadiness(ticks, 0, 0, {}), Steadiness::steady);
}

TEST(MeanPower, WeightsEachSampleByTheTimeItStandsForInside) {
  const std::vector<PowerSample> samples = {{0, 0}, {1, 100}, {2, 200}, {4, 400}};
  EXPECT_DOUBLE_EQ(*mean_power_w(samples, 0, 4, 1), (100 + 200 + 2 * 400) / 4.0);
  EXPECT_DOUBLE_EQ(*mean_power_w(samples, 0.5, 2, 1), (0.5 * 100 + 200) / 1.5);
}

TEST(MeanPower, IsAbsentWhereTooFewSamplesLieInside) {
  const std::vector<PowerSample> samples = {{0, 0}, {1, 100}, {2, 200}, {4, 400}};
  EXPECT_FALSE(mean_power_w(samples, 0.5, 3.5, 2));
  EXPECT_FALSE(mean_power_w(samples, 10, 20, 0));
  EXPECT_FALSE(mean_power_w({}, 0, 1, 0));
}

}  // namespace
}  // namespace clear_native
