#include <gtest/gtest.h>

#include <numeric>

#include "cuda/pass_plan.hpp"

namespace clear_native::cuda {
namespace {

using Times = std::vector<double>;

/// Every node of every part once, in order.
void expect_covers(const PassPlan& plan, const std::vector<std::size_t>& sizes) {
  std::size_t part = 0;
  std::size_t at = 0;
  for (const Piece& piece : plan.pieces) {
    if (at == sizes.at(part)) {
      ++part;
      at = 0;
    }
    EXPECT_EQ(piece.part, part);
    EXPECT_EQ(piece.begin, at);
    EXPECT_GT(piece.end, piece.begin);
    at = piece.end;
  }
  EXPECT_EQ(part + 1, sizes.size());
  EXPECT_EQ(at, sizes.back());
  EXPECT_TRUE(plan.pieces.back().mark_after);
}

TEST(PassPlan, UnknownTimesMarkEveryPassOnce) {
  const PassPlan plan = plan_pass({3, 2}, {}, 1e-3, 8);
  expect_covers(plan, {3, 2});
  EXPECT_EQ(plan.pieces.size(), 2U);
  EXPECT_EQ(plan.marks_per_pass, 1);
  EXPECT_EQ(plan.passes_per_mark, 1);
}

TEST(PassPlan, ShortPassesAreMarkedEveryFewInEvenNumbers) {
  const PassPlan plan = plan_pass({4}, Times(4, 1e-6), 1e-3, 600);  // 4 us a pass, 2.4 ms a launch
  EXPECT_EQ(plan.marks_per_pass, 1);
  EXPECT_EQ(plan.passes_per_mark, 200);
}

TEST(PassPlan, LaunchShorterThanTheIntervalIsMarkedAtItsEnd) {
  EXPECT_EQ(plan_pass({1}, {1e-6}, 1e-3, 100).passes_per_mark, 100);
}

TEST(PassPlan, LongPassIsMarkedBetweenItsParts) {
  const PassPlan plan = plan_pass({1, 1, 1, 1}, Times(4, 0.4e-3), 1e-3, 1);
  expect_covers(plan, {1, 1, 1, 1});
  EXPECT_EQ(plan.pieces.size(), 4U);
  EXPECT_TRUE(plan.pieces[1].mark_after);
  EXPECT_FALSE(plan.pieces[0].mark_after);
  EXPECT_EQ(plan.marks_per_pass, 2);
  EXPECT_EQ(plan.passes_per_mark, 1);
}

TEST(PassPlan, OnlyThePartThatIsLongIsCut) {
  Times times(2, 1e-5);
  times.insert(times.end(), 10, 0.3e-3);  // 3 ms
  times.insert(times.end(), 2, 1e-5);
  const std::vector<std::size_t> sizes{2, 10, 2};
  const PassPlan plan = plan_pass(sizes, times, 1e-3, 1);
  expect_covers(plan, sizes);
  EXPECT_EQ(plan.pieces.front().end, 2U);
  EXPECT_EQ(plan.pieces.back().end, 2U);
  double since_s = 0;
  std::size_t node = 0;
  for (const Piece& piece : plan.pieces) {
    for (std::size_t i = piece.begin; i < piece.end; ++i) since_s += times[node++];
    EXPECT_LE(since_s, 1e-3 + 1e-9);
    if (piece.mark_after) since_s = 0;
  }
}

TEST(PassPlan, NodeLongerThanTheIntervalStandsAlone) {
  const PassPlan plan = plan_pass({3}, {1e-4, 5e-3, 1e-4}, 1e-3, 1);
  expect_covers(plan, {3});
  bool alone = false;
  for (const Piece& piece : plan.pieces) alone = alone || (piece.begin <= 1 && piece.end == 2 && piece.mark_after);
  EXPECT_TRUE(alone);
}

TEST(PassPlan, MeasuredIntervalsScaleTheNodesBetweenThem) {
  Times times(4, 0.5e-3);
  const PassPlan plan = plan_pass({1, 1, 1, 1}, times, 1e-3, 1);
  ASSERT_EQ(plan.marks_per_pass, 2);
  fit_node_times(plan, {4e-3, 1e-3}, times);
  EXPECT_EQ(times, (Times{2e-3, 2e-3, 0.5e-3, 0.5e-3}));
}

TEST(PassPlan, LimitIsKeptWhereNodesCanBeParted) {
  const PassPlan plan = plan_pass({1, 1, 1, 1}, Times(4, 0.5e-3), 1e-3, 1);
  EXPECT_TRUE(keeps_limit(plan, {1e-3, 1.9e-3}, 2e-3));
  EXPECT_FALSE(keeps_limit(plan, {1e-3, 2.1e-3}, 2e-3));
  const PassPlan single = plan_pass({1}, {9e-3}, 1e-3, 1);
  EXPECT_TRUE(keeps_limit(single, {9e-3}, 2e-3));
}

TEST(PassPlan, PlannedIntervalsSumToThePass) {
  const Times times{0.3e-3, 0.4e-3, 0.6e-3, 0.7e-3};
  const Times intervals = planned_intervals(plan_pass({4}, times, 1e-3, 1), times);
  EXPECT_GT(intervals.size(), 1U);
  EXPECT_NEAR(std::accumulate(intervals.begin(), intervals.end(), 0.0), 2e-3, 1e-12);
}

TEST(PassScale, WithoutMarksInsideCountsArePasses) {
  EXPECT_DOUBLE_EQ(PassScale().passes(7), 7.0);
  EXPECT_DOUBLE_EQ(PassScale({3e-3}).passes(7), 7.0);
}

TEST(PassScale, MarksInsideStandForTheirShareOfTheTime) {
  const PassScale scale({1e-3, 3e-3, 4e-3});
  EXPECT_DOUBLE_EQ(scale.passes(0), 0.0);
  EXPECT_DOUBLE_EQ(scale.passes(1), 0.125);
  EXPECT_DOUBLE_EQ(scale.passes(2), 0.5);
  EXPECT_DOUBLE_EQ(scale.passes(3), 1.0);
  EXPECT_DOUBLE_EQ(scale.passes(10), 3.125);
}

TEST(PassScale, UnknownTimesAreTakenAsEven) {
  EXPECT_DOUBLE_EQ(PassScale({0, 0, 0, 0}).passes(5), 1.25);
}

}  // namespace
}  // namespace clear_native::cuda
