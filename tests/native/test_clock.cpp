#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/windows/clock.hpp"

namespace clear_native {
namespace {

TEST(SteadyClock, IsTheSteadyClockOfTheStandardLibraryInSeconds) {
  const SteadyClock clock;
  const std::chrono::duration<double> before = std::chrono::steady_clock::now().time_since_epoch();
  const double now_s = clock.now_s();
  const std::chrono::duration<double> after = std::chrono::steady_clock::now().time_since_epoch();
  EXPECT_GE(now_s, before.count());
  EXPECT_LE(now_s, after.count());
}

TEST(SteadyClock, GoesOn) {
  const SteadyClock clock;
  const double before_s = clock.now_s();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_GE(clock.now_s() - before_s, 0.002);
}

}  // namespace
}  // namespace clear_native
