#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/errors.hpp"
#include "core/windows/calibrate.hpp"
#include "core/windows/replay_ways.hpp"
#include "simulated_bench.hpp"

namespace clear_native {
namespace {

using testing::Load;
using testing::SimulatedBench;
using testing::SimulatedWorkload;

TEST(TimePerPass, OfASimulatedWorkload) {
  SimulatedBench bench;
  EXPECT_NEAR(time_per_pass(bench.runner, bench.workload, 0.05, 3, {}) / 500e-6, 1, 1e-3);
  EXPECT_TRUE(bench.workload.drained());
}

TEST(TimePerPass, TakesTheLaunchesAskedForWhenTheyAreLong) {
  SimulatedBench bench({}, {.power_w = 100, .time_s = 0.1}, 1);
  const double begin_s = bench.clock->now_s();
  EXPECT_NEAR(time_per_pass(bench.runner, bench.workload, 0.001, 5, {}), 0.1, 1e-3);
  EXPECT_GE(bench.clock->now_s() - begin_s, 0.6 - 0.01) << "one to warm up and five";
}

TEST(TimePerPass, CanBeInterrupted) {
  SimulatedBench bench;
  EXPECT_THROW(time_per_pass(bench.runner, bench.workload, 10, 3, {.interrupted = [] { return true; }}), Error);
  EXPECT_TRUE(bench.workload.drained());
}

TEST(PassesPerLaunch, IsTheSmallestThatFillsALaunch) {
  EXPECT_EQ(passes_per_launch_for(0.001, 0.002, 100), 2);
  EXPECT_EQ(passes_per_launch_for(0.0015, 0.002, 100), 2);
  EXPECT_EQ(passes_per_launch_for(0.003, 0.002, 100), 1);
  EXPECT_EQ(passes_per_launch_for(1e-6, 0.002, 100), 100);
  EXPECT_EQ(passes_per_launch_for(0.0002, 0.002, 100), 10) << "not 11 by rounding";
  EXPECT_THROW(passes_per_launch_for(0, 0.002, 100), Error);
}

/// Replays whose time per pass depends on shape and K.
class SimulatedFactory final : public ReplayFactory {
 public:
  SimulatedFactory(SimulatedBench& bench, double single_s, double chain_s, double while_s)
      : bench_(bench), single_s_(single_s), chain_s_(chain_s), while_s_(while_s) {}

  [[nodiscard]] bool supports(ReplayShape shape) const override {
    return shape == ReplayShape::chain ? chain_s_ > 0 : while_s_ > 0;
  }
  std::unique_ptr<Workload> make(ReplayShape shape, int passes) override {
    const double unrolled_s = shape == ReplayShape::chain ? chain_s_ : while_s_;
    const double pass_s = passes == 1 ? single_s_ : unrolled_s;
    return std::make_unique<SimulatedWorkload>(bench_.device, Load{.power_w = 200, .time_s = pass_s}, passes);
  }

 private:
  SimulatedBench& bench_;
  double single_s_;
  double chain_s_;
  double while_s_;
};

TEST(Calibrate, KeepsTheFasterShape) {
  SimulatedBench bench;
  SimulatedFactory factory(bench, 30e-6, 26e-6, 24e-6);
  const CalibratedReplay replay = calibrate(bench.runner, factory, 0.002, 4096, {});
  EXPECT_EQ(replay.chosen.shape, ReplayShape::while_loop);
  EXPECT_NEAR(replay.chosen.time_per_pass_s, 24e-6, 1e-7);
  EXPECT_EQ(replay.workload->passes_per_launch(), replay.chosen.passes_per_launch);
  EXPECT_GE(replay.tried.size(), 3U);
}

TEST(Calibrate, ChoosesKOnceMoreWhenUnrollingIsMuchFaster) {
  SimulatedBench bench;
  SimulatedFactory factory(bench, 8e-6, 3.2e-6, 0);
  const CalibratedReplay replay = calibrate(bench.runner, factory, 0.002, 4096, {});
  EXPECT_NEAR(replay.chosen.passes_per_launch, 625, 1);
}

TEST(Calibrate, ALongPassIsLaunchedOnItsOwn) {
  SimulatedBench bench;
  SimulatedFactory factory(bench, 0.01, 0.01, 0.01);
  const CalibratedReplay replay = calibrate(bench.runner, factory, 0.002, 4096, {});
  EXPECT_EQ(replay.chosen.passes_per_launch, 1);
  EXPECT_EQ(replay.chosen.shape, ReplayShape::chain);
  ASSERT_TRUE(replay.workload);
}

TEST(Calibrate, StaysBelowTheMostPassesALaunchMayHold) {
  SimulatedBench bench;
  SimulatedFactory factory(bench, 2e-6, 1e-6, 0);
  EXPECT_EQ(calibrate(bench.runner, factory, 0.002, 256, {}).chosen.passes_per_launch, 256);
}

TEST(Calibrate, RefusesAFactoryWithoutShapes) {
  SimulatedBench bench;
  SimulatedFactory factory(bench, 1, 0, 0);
  EXPECT_THROW(calibrate(bench.runner, factory, 0.002, 256, {}), Error);
}

std::map<std::string, int> passes_by_way(SimulatedBench& bench, double while_s) {
  SimulatedFactory factory(bench, 300e-6, 200e-6, while_s);
  std::map<std::string, int> passes;
  for (const DrivenWay& way : replay_ways(bench.runner, factory, {})) {
    EXPECT_EQ(way.workload->passes_per_launch(), way.passes_per_launch);
    passes[way.way] = way.passes_per_launch;
  }
  return passes;
}

TEST(ReplayWays, AreALaunchForEachPassAndPassesThatFillALaunch) {
  SimulatedBench bench;
  EXPECT_EQ(passes_by_way(bench, 250e-6),
            (std::map<std::string, int>{{"launch", 1}, {"unrolled", 7}, {"while_loop", 7}}));
  EXPECT_EQ(passes_by_way(bench, 0), (std::map<std::string, int>{{"launch", 1}, {"unrolled", 7}}));
}

}  // namespace
}  // namespace clear_native
