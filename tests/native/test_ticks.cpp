#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/windows/ticks.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

TEST(TickFinder, BracketsAChangeBetweenTheLastOldAndTheFirstNewReading) {
  TickFinder finder(0.1);
  EXPECT_EQ(finder.feed({1.000, 1.002, 5}), TickFinder::Seen::first);
  EXPECT_EQ(finder.feed({1.003, 1.005, 5}), TickFinder::Seen::same);
  EXPECT_EQ(finder.feed({1.006, 1.008, 7}), TickFinder::Seen::tick);
  ASSERT_EQ(finder.brackets().size(), 1U);
  EXPECT_DOUBLE_EQ(finder.brackets()[0].after_s, 1.003);
  EXPECT_DOUBLE_EQ(finder.brackets()[0].before_s, 1.008);
  EXPECT_DOUBLE_EQ(finder.brackets()[0].energy_j, 7);
  EXPECT_NEAR(*finder.next_tick_s(), 1.1055, 1e-9);
  EXPECT_DOUBLE_EQ(*finder.last_change_s(), 1.008);
}

TEST(TickFinder, SaysWhenTheCounterWentBack) {
  TickFinder finder(0.1);
  finder.feed({1.0, 1.0, 5});
  EXPECT_EQ(finder.feed({1.1, 1.1, 4.999}), TickFinder::Seen::went_back);
  EXPECT_TRUE(finder.brackets().empty());
}

TEST(TickFinder, PredictsNothingBeforeTheFirstTick) {
  TickFinder finder(0.1);
  EXPECT_FALSE(finder.last_change_s());
  finder.feed({1.0, 1.0, 5});
  EXPECT_FALSE(finder.next_tick_s());
}

TEST(TickFinder, EveryReadingOfAContinuousMeterIsATick) {
  TickFinder finder(0);
  finder.feed({1.0, 1.0, 5});
  finder.feed({1.1, 1.1, 6});
  finder.feed({1.2, 1.2, 6});
  EXPECT_EQ(finder.brackets().size(), 3U);
  EXPECT_FALSE(finder.next_tick_s());
}

TEST(TickFinder, AReadingThatCarriesItsOwnMomentCountsOnce) {
  TickFinder finder(0);
  finder.feed({1.0, 1.0, 5});
  finder.feed({1.1, 1.1, 6});
  EXPECT_EQ(finder.feed({1.1, 1.1, 6}), TickFinder::Seen::same);
  EXPECT_EQ(finder.brackets().size(), 2U);
}

TEST(TickFinder, KeepsThePhaseThroughALateReading) {
  TickFinder finder(0.1);
  finder.feed({0.999, 0.999, 1});
  finder.feed({1.000, 1.001, 2});  // tick near 1.0
  finder.feed({1.090, 1.091, 2});
  finder.feed({1.092, 1.180, 3});  // tick near 1.1, known badly
  EXPECT_NEAR(*finder.next_tick_s(), 1.2, 0.002);
}

/// Brackets around ticks at 0.1 s, with a read latency that has a long tail.
struct NoisyTicks {
  std::vector<TickBracket> brackets;
  std::vector<double> truth_s;
};

NoisyTicks noisy_ticks(std::uint64_t seed, int count) {
  testing::NormalNoise noise(seed);
  NoisyTicks ticks;
  const double start_s = 500 + noise.uniform();
  for (int i = 0; i < count; ++i) {
    const double tick_s = start_s + 0.1 * i;
    const double before_s = 0.0024 * std::exp(0.8156 * noise.normal());
    const double after_s = 0.0024 * std::exp(0.8156 * noise.normal());
    ticks.brackets.push_back({tick_s - before_s, tick_s + after_s, 10.0 + i});
    ticks.truth_s.push_back(tick_s);
  }
  return ticks;
}

double rms(const std::vector<double>& a, const std::vector<double>& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(squares / static_cast<double>(a.size()));
}

TEST(FitTickTimes, IsCloserToTheTruthThanTheMiddles) {
  double fitted_error_s = 0;
  double middle_error_s = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const NoisyTicks ticks = noisy_ticks(seed, 8);
    std::vector<double> middles_s;
    for (const TickBracket& bracket : ticks.brackets) middles_s.push_back((bracket.after_s + bracket.before_s) / 2);
    fitted_error_s += rms(fit_tick_times(ticks.brackets, 0.1), ticks.truth_s);
    middle_error_s += rms(middles_s, ticks.truth_s);
  }
  EXPECT_LT(fitted_error_s, 0.6 * middle_error_s);
}

TEST(FitTickTimes, NeverLeavesABracketAndKeepsTheOrder) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const NoisyTicks ticks = noisy_ticks(seed, 6);
    const std::vector<double> times_s = fit_tick_times(ticks.brackets, 0.1);
    for (std::size_t i = 0; i < times_s.size(); ++i) {
      EXPECT_GE(times_s[i], ticks.brackets[i].after_s);
      EXPECT_LE(times_s[i], ticks.brackets[i].before_s);
    }
    EXPECT_TRUE(std::is_sorted(times_s.begin(), times_s.end()));
  }
}

TEST(FitTickTimes, AMissedTickDoesNotShiftTheOthers) {
  NoisyTicks ticks = noisy_ticks(7, 8);
  ticks.brackets.erase(ticks.brackets.begin() + 3);
  ticks.truth_s.erase(ticks.truth_s.begin() + 3);
  EXPECT_LT(rms(fit_tick_times(ticks.brackets, 0.1), ticks.truth_s), 0.002);
}

TEST(FitTickTimes, OneWideBracketDoesNotSpoilTheOthers) {
  NoisyTicks ticks = noisy_ticks(11, 6);
  ticks.brackets[2].before_s += 0.06;
  const std::vector<double> times_s = fit_tick_times(ticks.brackets, 0.1);
  EXPECT_NEAR(times_s[2], ticks.truth_s[2], 0.004);
  EXPECT_NEAR(times_s[5], ticks.truth_s[5], 0.004);
}

TEST(FitTickTimes, TakesTheMiddlesOfAContinuousMeter) {
  const std::vector<TickBracket> brackets = {{1, 1.2, 5}, {2, 2.2, 6}};
  EXPECT_EQ(fit_tick_times(brackets, 0), (std::vector<double>{1.1, 2.1}));
}

TEST(FitTickTimes, BelievesAPeriodThatIsALittleOff) {
  std::vector<TickBracket> brackets;
  for (int i = 0; i < 10; ++i) brackets.push_back({0.1005 * i - 0.001, 0.1005 * i + 0.001, 1.0 * i});
  const std::vector<double> times_s = fit_tick_times(brackets, 0.1);
  for (int i = 0; i < 10; ++i) EXPECT_NEAR(times_s[static_cast<std::size_t>(i)], 0.1005 * i, 1e-6);
}

}  // namespace
}  // namespace clear_native
