#include <gtest/gtest.h>

#include "bundle/plan_calls.hpp"
#include "made_bundle.hpp"

namespace clear_native::testing {
namespace {

using bundle::Pass;
using bundle::PlanCalls;

// Nodes of the made bundle, by call: 0 (model): 0, 3, 6, 7; 1 (layer.0): 1; 2 (its act): 2; 3 (layer.1): 4; 4: 5.
class PlanCallsTest : public ::testing::Test {
 protected:
  static bundle::Manifest manifest() { return bundle::read_manifest(MadeBundle().with_checksums().dump(), "m"); }
  static bundle::Plan plan() { return bundle::read_plan(MadeBundle().files.at("plan.json"), "p", 5); }

  const PlanCalls calls_{manifest(), plan()};
  const std::vector<CallAgain> cold_ = second_runs(calls_.kinds(), true);
  const std::vector<CallAgain> warm_ = second_runs(calls_.kinds(), false);
};

TEST_F(PlanCallsTest, HaveTheirOwnNodes) {
  EXPECT_EQ(calls_.own_nodes(0), (std::vector<std::size_t>{0, 3, 6, 7}));
  EXPECT_EQ(calls_.own_nodes(4), (std::vector<std::size_t>{5}));
  EXPECT_EQ(calls_.calls_with_work(0), (std::vector<std::size_t>{1, 3}));
}

TEST_F(PlanCallsTest, MakePassesOfTheModelAndOfComponents) {
  EXPECT_EQ(calls_.plain(), (Pass{{{0, 1, 2, 3, 4, 5, 6, 7}, false}}));
  EXPECT_EQ(calls_.preserved(), (Pass{{{0, 1, 2, 3, 4, 5, 6, 7}, true}}));
  EXPECT_EQ(calls_.partition(0), (Pass{{{1}, false}, {{4}, false}}));
  EXPECT_EQ(calls_.partition(2), (Pass{{{0, 3, 6, 7}, false}}));
  EXPECT_EQ(calls_.repeated(0), (Pass{{{4}, false}, {{4}, false}}));
}

TEST_F(PlanCallsTest, WithoutDosesAreThePreservedPass) {
  EXPECT_EQ(calls_.dosed({0, 0, 0, 0, 0}, cold_), calls_.preserved());
}

TEST_F(PlanCallsTest, LeaveOutWhatIsSkipped) {
  EXPECT_EQ(calls_.dosed({0, -1, 0, 0, 0}, cold_), (Pass{{{0, 2, 3, 4, 5, 6, 7}, true}}));
  EXPECT_EQ(calls_.dosed({-1, 0, 0, 0, -1}, cold_), (Pass{{{1, 2, 4}, true}}));
  EXPECT_TRUE(calls_.dosed({-1, -1, -1, -1, -1}, cold_).empty());
}

TEST_F(PlanCallsTest, RunAForeignCallHalfWayToTheNextOfItsKind) {
  // Call 1's second run is call 3's work, one call later: after call 2, whose work ends before node 3.
  EXPECT_EQ(calls_.dosed({0, 1, 0, 0, 0}, cold_), (Pass{{{0, 1, 2}, true}, {{4}, false}, {{3, 4, 5, 6, 7}, true}}));
  // Call 4's is call 2's, after call 1: it wraps around.
  EXPECT_EQ(calls_.dosed({0, 0, 0, 0, 1}, cold_), (Pass{{{0, 1}, true}, {{2}, false}, {{2, 3, 4, 5, 6, 7}, true}}));
}

TEST_F(PlanCallsTest, RunAWarmCallAgainAtOnce) {
  EXPECT_EQ(calls_.dosed({0, 0, 1, 0, 0}, warm_), (Pass{{{0, 1, 2}, true}, {{2}, false}, {{3, 4, 5, 6, 7}, true}}));
}

TEST_F(PlanCallsTest, RunTheModelsOwnWorkAgainAtTheEnd) {
  EXPECT_EQ(calls_.dosed({1, 0, 0, 0, 0}, cold_), (Pass{{{0, 1, 2, 3, 4, 5, 6, 7}, true}, {{0, 3, 6, 7}, false}}));
}

TEST_F(PlanCallsTest, RunSecondRunsAlsoAfterSkippedCalls) {
  EXPECT_EQ(calls_.dosed({0, 1, -1, 0, 0}, cold_), (Pass{{{0, 1}, true}, {{4}, false}, {{3, 4, 5, 6, 7}, true}}));
}

TEST_F(PlanCallsTest, DoubleEveryNodeExactlyOnce) {
  std::vector<int> times(8, 0);
  for (const auto& stretch : calls_.dosed({1, 1, 1, 1, 1}, cold_)) {
    for (const std::size_t node : stretch.nodes) times[node] += 1;
  }
  EXPECT_EQ(times, std::vector<int>(8, 2));
}

TEST_F(PlanCallsTest, MayHaveNoWork) {
  auto manifest_with_empty = manifest();
  manifest_with_empty.calls.push_back({.component = 1, .module = "idle", .kind = 9});
  const PlanCalls calls(manifest_with_empty, plan());
  EXPECT_TRUE(calls.own_nodes(5).empty());
  const auto second = second_runs(calls.kinds(), true);
  EXPECT_EQ(calls.dosed({0, 0, 0, 0, 0, 1}, second), calls.preserved());
}

}  // namespace
}  // namespace clear_native::testing
