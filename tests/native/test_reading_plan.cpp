#include <gtest/gtest.h>

#include "core/monitor/reading_plan.hpp"

namespace clear_native {
namespace {

TEST(ReadingPlan, PollsUntilItKnowsAChangeAndThenShortlyBeforeTheNext) {
  ReadingPlan plan(0.1);
  EXPECT_LT(plan.next_s(10.0, true), 10.001);
  plan.note_change(10.052, 10.05, true);
  EXPECT_NEAR(plan.next_s(10.052, true), 10.146, 1e-9);
  EXPECT_LT(plan.next_s(10.147, true), 10.148) << "it is due";
  EXPECT_GE(plan.next_s(10.21, true), 10.214) << "it is late: no more at full rate";
}

TEST(ReadingPlan, LooksForOneChangeASecondWhenNothingIsWatched) {
  ReadingPlan plan(0.1);
  plan.note_change(10.052, 10.05, false);
  EXPECT_NEAR(plan.next_s(10.052, false), 11.046, 1e-9);
  plan.note_change(11.047, std::nullopt, false);  // by which nine others have gone by
  EXPECT_LT(plan.next_s(11.047, false), 11.048) << "the one that is due is still to come";
}

TEST(ReadingPlan, WantsTheNextChangeAfterARest) {
  ReadingPlan plan(0.1);
  plan.note_change(10.052, 10.05, false);
  plan.wake(10.4);
  EXPECT_NEAR(plan.next_s(10.4, true), 10.446, 1e-9);
  plan.wake(20.0);
  EXPECT_LT(plan.next_s(20.0, true), 20.001) << "after so long nobody knows when";
}

TEST(ReadingPlan, ABadGuessIsNotKept) {
  ReadingPlan plan(0.1);
  plan.note_change(10.052, 10.05, true);
  plan.note_change(10.16, std::nullopt, true);
  EXPECT_LT(plan.next_s(10.16, true), 10.161);
  plan.note_change(10.3, std::nullopt, false);
  EXPECT_NEAR(plan.next_s(10.3, false), 11.296, 1e-9) << "a meter too slow to tell is not asked all the time";
  plan.forget();
  EXPECT_LT(plan.next_s(10.3, false), 10.301);
}

TEST(ReadingPlan, AMeterWithoutChangesIsReadByTime) {
  ReadingPlan plan(0);
  plan.note_change(10.0, 10.0, true);
  EXPECT_FALSE(plan.finds_changes());
  EXPECT_NEAR(plan.next_s(10.0, true), 10.01, 1e-9);
  EXPECT_NEAR(plan.next_s(10.0, false), 11.0, 1e-9);
}

}  // namespace
}  // namespace clear_native
