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

TEST(FindLooks, NothingIsSaidFromFewWindowsOrFromBrokenOnes) {
  const SensorLooks looks{.period_s = 808e-6};
  EXPECT_FALSE(find_looks({}));
  EXPECT_FALSE(find_looks(Looked(8, looks, 2, 4).patterned));
  Looked broken(16, looks, 2, 5);
  for (std::size_t i = 0; i < broken.windows.size(); ++i) {
    std::vector<PowerSample>& samples = broken.windows[i].power_samples;
    if (i % 3 == 0) samples.erase(samples.begin() + 5);  // one is missing, so that none after it is where it seems
    if (i % 3 == 1) samples.clear();
    if (i % 3 == 2) broken.windows[i].odometer.resize(1);
  }
  EXPECT_FALSE(find_looks(broken.patterned));
}

}  // namespace
}  // namespace clear_native
