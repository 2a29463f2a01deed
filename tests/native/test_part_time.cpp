#include <gtest/gtest.h>

#include "core/sensor/part_time.hpp"
#include "thrown.hpp"
#include "virtual_bench.hpp"

namespace clear_native {
namespace {

using testing::KnownSensor;
using testing::VirtualBench;

std::optional<PartTime> found_in(const KnownSensor& known, double duration_s) {
  VirtualBench bench(known);
  return find_part_time(bench, duration_s, {});
}

TEST(PartTime, FindsHowOftenItLooks) {
  for (const double look_period_s : {0.805e-3, 0.77e-3, 0.83e-3}) {
    const auto found = found_in({.look_period_s = look_period_s}, 6);
    ASSERT_TRUE(found.has_value()) << look_period_s;
    EXPECT_NEAR(found->look_period_s, look_period_s, 0.006 * look_period_s);
  }
}

TEST(PartTime, FindsForHowLongItLooks) {
  for (const double look_s : {0.1e-3, 0.2e-3, 0.3e-3}) {
    const auto found = found_in({.look_period_s = suspected_look_period_s, .look_s = look_s}, 12);
    ASSERT_TRUE(found.has_value()) << look_s;
    EXPECT_NEAR(found->look_s.value(), look_s, 0.08e-3);
  }
}

TEST(PartTime, ASensorThatAlwaysLooksDoesNotBeat) {
  EXPECT_FALSE(found_in({}, 6).has_value());
}

TEST(PartTime, OneThatLooksFarMoreOftenIsNotFound) {
  EXPECT_FALSE(found_in({.look_period_s = 20e-6, .look_s = 5e-6}, 6).has_value());
}

TEST(PartTime, NoiseIsNoBeat) {
  EXPECT_FALSE(found_in({.noise = 0.05}, 6).has_value());
}

TEST(PartTime, ADeviceWithoutWhatItTakes) {
  EXPECT_FALSE(found_in({.can_alternate = false}, 3).has_value());
  EXPECT_FALSE(found_in({.sample_period_s = std::nullopt}, 3).has_value());
}

TEST(PartTime, IsInterruptedBetweenTwoLoads) {
  VirtualBench bench;
  int loads = 0;
  const BenchWatch watch{.interrupted = [&] { return loads == 3; }, .between = [&] { ++loads; }};
  EXPECT_EQ(testing::thrown_by([&] { find_part_time(bench, 6, watch); }).kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace clear_native
