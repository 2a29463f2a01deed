#include <gtest/gtest.h>

#include <cmath>

#include "core/weighing/beats.hpp"
#include "looked_windows.hpp"

namespace clear_native {
namespace {

using testing::energy_of;
using testing::looked_at;
using testing::period_of;
using testing::random_pattern;

constexpr SensorLooks every_808_us{.period_s = 808e-6};

/// By looking: the root mean square over phases of the looks' mean about the true one, relative.
double seen_beat(const Pattern& pattern, const SensorLooks& looks, double window_s) {
  constexpr int phases = 150;
  const double true_w = energy_of(pattern, period_of(pattern)) / period_of(pattern);
  Random random(3);
  double squares = 0;
  for (int phase = 0; phase < phases; ++phase) {
    const double begin_s = testing::uniform(random) * period_of(pattern);
    double sum_w = 0;
    int count = 0;
    for (double look_s = testing::uniform(random) * looks.period_s; look_s < window_s; look_s += looks.period_s) {
      sum_w += looked_at(pattern, begin_s + look_s, looks.look_s);
      ++count;
    }
    squares += std::pow(sum_w / count / true_w - 1, 2) / phases;
  }
  return std::sqrt(squares);
}

TEST(ExpectedBeat, WorkInStepWithTheLooksIsReadAsItHappensToLie) {
  const Pattern in_step = {{.time_s = 404e-6, .power_w = 200}, {.time_s = 404e-6, .power_w = 600}};
  const double expected = look_error(in_step, every_808_us, 0.3).beat;
  EXPECT_NEAR(expected, seen_beat(in_step, every_808_us, 0.3), 0.02);
  EXPECT_GT(expected, 0.3);  // between 200 and 600 W, whatever the length of the window
  EXPECT_NEAR(look_error(in_step, every_808_us, 3.0).beat, expected, 1e-5);
}

TEST(ExpectedBeat, FastBeatsAreAveragedOut) {
  const Pattern apart = {{.time_s = 300e-6, .power_w = 200}, {.time_s = 300e-6, .power_w = 600}};
  EXPECT_LT(look_error(apart, every_808_us, 0.3).beat, 0.003);
  EXPECT_GT(look_error(apart, every_808_us, 0.002).beat, 0.03);
}

TEST(ExpectedBeat, IsWhatLookingShows) {
  Random random(11);
  for (int i = 0; i < 12; ++i) {
    const Pattern pattern = random_pattern(random);
    const double expected = look_error(pattern, every_808_us, 0.3).beat;
    EXPECT_NEAR(expected, seen_beat(pattern, every_808_us, 0.3), 0.25 * expected + 0.002) << i;
  }
}

TEST(ExpectedBeat, APeriodThatIsNotSureCountsWhatLiesWithin) {
  // In step with the looks a beat is slowest; a little off, it is averaged out.
  const Pattern in_step = {{.time_s = 404e-6, .power_w = 200}, {.time_s = 404e-6, .power_w = 600}};
  const Pattern beside = {{.time_s = 408.04e-6, .power_w = 200}, {.time_s = 408.04e-6, .power_w = 600}};
  const double sure = look_error(in_step, every_808_us, 0.3).beat;
  EXPECT_LT(look_error(in_step, every_808_us, 0.3, 0.01).beat, 0.7 * sure);
  EXPECT_GT(look_error(beside, every_808_us, 0.3, 0.01).beat, 3 * look_error(beside, every_808_us, 0.3).beat);
}

TEST(Scatter, FallsWithTheRootOfTheWindow) {
  Random random(5);
  const Pattern pattern = random_pattern(random);
  const double scatter = look_error(pattern, every_808_us, 0.3).scatter;
  EXPECT_GT(scatter, 0.005);
  EXPECT_NEAR(look_error(pattern, every_808_us, 1.2).scatter, scatter / 2, 1e-9);
}

TEST(Scatter, SlowChangesAreSeenByEveryLook) {
  const Pattern slow = {{.time_s = 20e-3, .power_w = 200}, {.time_s = 20e-3, .power_w = 600}};
  const Pattern fast = {{.time_s = 300e-6, .power_w = 200}, {.time_s = 300e-6, .power_w = 600}};
  EXPECT_LT(look_error(slow, every_808_us, 0.3).scatter, 0.3 * look_error(fast, every_808_us, 0.3).scatter);
}

TEST(QuietestLength, HoldsAWholeNumberOfTheSlowestBeat) {
  // A period of 1 / (1 / 808 us + 4 Hz): beats of 4 Hz, which 0.25 s and 0.5 s average out.
  const double half_s = 0.5 / (1 / 808e-6 + 4);
  const Pattern pattern = {{.time_s = half_s, .power_w = 200}, {.time_s = half_s, .power_w = 600}};
  EXPECT_NEAR(quietest_length_s(pattern, every_808_us, 0.2, 0.4), 0.25, 0.006);
  EXPECT_NEAR(quietest_length_s(pattern, every_808_us, 0.3, 0.6), 0.5, 0.006);
  EXPECT_EQ(quietest_length_s({}, every_808_us, 0.2, 0.4), 0.2);
}

TEST(ExpectedBeat, NothingBeatsWhereThereIsNothing) {
  EXPECT_EQ(look_error({}, every_808_us, 0.3).beat, 0);
  EXPECT_EQ(look_error({{.time_s = 0, .power_w = 300}}, every_808_us, 0.3).beat, 0);
  EXPECT_EQ(look_error({{.time_s = 1e-3, .power_w = 0}}, every_808_us, 0.3).beat, 0);
  EXPECT_EQ(look_error({{.time_s = 1e-3, .power_w = 300}}, SensorLooks{}, 0.3).beat, 0);
  EXPECT_NEAR(look_error({{.time_s = 1e-3, .power_w = 300}}, every_808_us, 0.3).beat, 0, 1e-12) << "even power";
}

}  // namespace
}  // namespace clear_native
