#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "core/weighing/second_runs.hpp"

namespace clear_native {
namespace {

using Runs = std::vector<std::pair<std::size_t, std::size_t>>;

Runs runs_of(const std::vector<std::size_t>& kinds, bool cold) {
  Runs runs;
  for (const CallAgain& again : second_runs(kinds, cold)) runs.emplace_back(again.call, again.after);
  return runs;
}

TEST(SecondRuns, AreTheCallsThemselvesWhereWarm) {
  EXPECT_EQ(runs_of({0, 1, 1}, false), (Runs{{0, 0}, {1, 1}, {2, 2}}));
}

/// What clear_native/in_situ/dosing_plan.py gives for the same kinds.
TEST(SecondRuns, AreThoseOfPython) {
  EXPECT_EQ(runs_of({0, 1, 2, 1, 2, 1, 2, 3}, true),
            (Runs{{0, 0}, {3, 2}, {4, 3}, {5, 4}, {6, 5}, {1, 6}, {2, 7}, {7, 3}}));
  EXPECT_EQ(runs_of({0, 1, 1, 1, 1}, true), (Runs{{0, 0}, {3, 1}, {4, 2}, {1, 3}, {2, 4}}));
  EXPECT_EQ(runs_of({0, 1}, true), (Runs{{0, 0}, {1, 1}}));
  EXPECT_EQ(runs_of({0, 2, 1, 1, 2, 1, 3, 3}, true),
            (Runs{{0, 0}, {4, 2}, {3, 2}, {5, 4}, {1, 6}, {2, 7}, {7, 6}, {6, 3}}));
  EXPECT_EQ(runs_of({0}, true), (Runs{{0, 0}}));
  EXPECT_TRUE(runs_of({}, true).empty());
}

TEST(SecondRuns, RunEveryCallExactlyOnceMore) {
  for (std::size_t layers = 1; layers < 20; ++layers) {
    std::vector<std::size_t> kinds{0};
    for (std::size_t layer = 0; layer < layers; ++layer) kinds.insert(kinds.end(), {1, 2, 1, 3});
    std::set<std::size_t> again;
    for (const auto& [call, after] : second_runs(kinds, true)) {
      EXPECT_LT(after, kinds.size());
      again.insert(call);
    }
    EXPECT_EQ(again.size(), kinds.size());
  }
}

/// tests/test_dosed_calls.py has more of them.
TEST(SecondRunsInGraph, AreFarAwayWhereCold) {
  const auto runs = [](const std::vector<std::size_t>& kinds, bool cold) {
    Runs found;
    for (const CallAgain& again : second_runs_in_graph(kinds, cold)) found.emplace_back(again.call, again.after);
    return found;
  };
  EXPECT_EQ(runs({0, 1, 2, 1, 2, 3}, true), (Runs{{0, 3}, {3, 1}, {4, 2}, {1, 3}, {2, 4}, {5, 2}}));
  EXPECT_EQ(runs({0, 1, 0}, false), (Runs{{0, 0}, {1, 1}, {2, 2}}));
  EXPECT_TRUE(runs({}, true).empty());
  EXPECT_EQ(twin_shift(12), 4U);  // comes back after three steps, not after two
  EXPECT_EQ(twin_shift(2), 1U);
}

TEST(SecondRuns, SpreadOverAnEvenNumberOfPasses) {
  EXPECT_EQ(passes_for(1.0), 2);
  EXPECT_EQ(passes_for(2e-3), 4);
  EXPECT_EQ(passes_for(1e-6), 8);
  for (double time_s = 1e-4; time_s < 1; time_s *= 1.3) EXPECT_EQ(passes_for(time_s) % 2, 0);
}

}  // namespace
}  // namespace clear_native
