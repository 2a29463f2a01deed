#include <gtest/gtest.h>

#include "core/windows/idle_workload.hpp"
#include "virtual_runner.hpp"

namespace clear_native {
namespace {

TEST(IdleWorkload, ItsPassesAreSeconds) {
  const auto clock = std::make_shared<testing::VirtualClock>();
  IdleWorkload idle(clock);
  clock->advance_to(clock->now_s() + 1.5);
  EXPECT_DOUBLE_EQ(idle.odometer().passes, 1.5);
  EXPECT_DOUBLE_EQ(idle.odometer().time_s, clock->now_s());
}

TEST(IdleWorkload, NeverHasRoomAndAsksAgainSoonEnoughForSignals) {
  const auto clock = std::make_shared<testing::VirtualClock>();
  IdleWorkload idle(clock);
  double look_again_s = 0;
  EXPECT_FALSE(idle.wait_for_room(look_again_s));
  EXPECT_GT(look_again_s, clock->now_s());
  EXPECT_LE(look_again_s, clock->now_s() + 0.1);
}

}  // namespace
}  // namespace clear_native
