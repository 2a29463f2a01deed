#include <gtest/gtest.h>

#include "cuda/device_clock.hpp"

namespace clear_native::cuda {
namespace {

constexpr std::uint64_t kStamp_ns = 1'700'000'000'000'000'000ULL;
constexpr std::int64_t kHost_ns = 5'000'000'000;

TEST(DeviceClock, LeastDifferenceSeenIsTheOffset) {
  DeviceClock clock;
  clock.observe(kStamp_ns, kHost_ns + 9'000);
  clock.observe(kStamp_ns + 1'000, kHost_ns + 3'000);  // seen 2 us after it was taken
  clock.observe(kStamp_ns + 2'000, kHost_ns + 8'000);
  EXPECT_NEAR(clock.host_s(kStamp_ns + 500'000), 5.0005 + 2e-6, 1e-8);
}

TEST(DeviceClock, LateSightsDoNotMoveIt) {
  DeviceClock clock;
  clock.observe(kStamp_ns, kHost_ns);
  clock.observe(kStamp_ns, kHost_ns + 50'000'000);  // the same stamp, long after
  EXPECT_NEAR(clock.host_s(kStamp_ns), 5.0, 1e-5);
}

TEST(DeviceClock, FollowsAClockThatIsSlower) {
  DeviceClock clock;
  clock.observe(kStamp_ns, kHost_ns);
  for (std::int64_t ms = 1; ms <= 10'000; ++ms) {  // 50 us of drift a second
    clock.observe(kStamp_ns + static_cast<std::uint64_t>(ms) * 1'000'000, kHost_ns + ms * 1'000'050);
  }
  EXPECT_NEAR(clock.host_s(kStamp_ns + 10'000'000'000ULL), 15.0005, 1e-6);
}

TEST(DeviceClock, FollowsAClockThatIsFaster) {
  DeviceClock clock;
  clock.observe(kStamp_ns, kHost_ns);
  for (std::int64_t ms = 1; ms <= 10'000; ++ms) {
    clock.observe(kStamp_ns + static_cast<std::uint64_t>(ms) * 1'000'000, kHost_ns + ms * 999'950);
  }
  EXPECT_NEAR(clock.host_s(kStamp_ns + 10'000'000'000ULL), 14.9995, 1e-6);
}

}  // namespace
}  // namespace clear_native::cuda
