#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "core/weighing/sensor_looks.hpp"
#include "looked_windows.hpp"

namespace clear_native {
namespace {

using testing::looked_window;
using testing::random_pattern;

/// Windows of as many patterns; what they point to lives as long.
struct Looked {
  std::deque<Window> windows;
  std::vector<PatternedWindow> patterned;

  Looked(int count, const SensorLooks& looks, double noise_w, std::uint64_t seed) {
    Random random(seed);
    for (int i = 0; i < count; ++i) {
      const Pattern pattern = random_pattern(random);
      windows.push_back(looked_window(pattern, 8, looks, noise_w, random));
      patterned.push_back({.window = &windows.back(), .pattern = pattern, .passes = 8});
    }
  }
};

TEST(FindLooks, TellsTheirPeriodInSpiteOfNoiseAndLateStamps) {
  const Looked looked(16, {.period_s = 808.6e-6}, 8, 1);  // watts; the looks' own scatter is about 20
  const auto found = find_looks(looked.patterned);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->period_s, 808.6e-6, 0.6e-6);
}

TEST(FindLooks, TimesOfThePatternNeedNotBeExact) {
  Looked looked(16, {.period_s = 798.2e-6}, 8, 2);
  for (PatternedWindow& window : looked.patterned) {
    for (Stretch& stretch : window.pattern) stretch.time_s *= 1.3;  // the odometer tells the period itself
  }
  const auto found = find_looks(looked.patterned);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->period_s, 798.2e-6, 0.6e-6);
}

TEST(FindLooks, ASensorThatSeesEverythingHasNone) {
  EXPECT_FALSE(find_looks(Looked(16, SensorLooks{}, 20, 3).patterned));
}

constexpr SensorLooks every_808_us{.period_s = 808e-6};

TEST(FindLooks, NothingIsSaidFromFewWindows) {
  EXPECT_FALSE(find_looks({}));
  EXPECT_FALSE(find_looks(Looked(8, every_808_us, 2, 4).patterned));
}

TEST(FindLooks, WindowsWithoutSamplesOrOdometerTellNothing) {
  Looked without_samples(14, every_808_us, 2, 5);
  for (Window& window : without_samples.windows) window.power_samples.clear();
  EXPECT_FALSE(find_looks(without_samples.patterned));
  Looked without_odometer(14, every_808_us, 2, 5);
  for (Window& window : without_odometer.windows) window.odometer.resize(1);
  EXPECT_FALSE(find_looks(without_odometer.patterned));
}

TEST(FindLooks, WindowsThatLackASampleAreLeftOut) {
  // After a missing sample none is where it seems.
  Looked broken(24, every_808_us, 2, 5);
  EXPECT_TRUE(find_looks(broken.patterned));
  for (Window& window : broken.windows) window.power_samples.erase(window.power_samples.begin() + 5);
  EXPECT_FALSE(find_looks(broken.patterned));
}

TEST(FindLooks, APeriodBeyondWhatIsLookedForIsNotTakenForItsEnd) {
  EXPECT_FALSE(find_looks(Looked(16, {.period_s = 872e-6}, 2, 6).patterned));
}

}  // namespace
}  // namespace clear_native
