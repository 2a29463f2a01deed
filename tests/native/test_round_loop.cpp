#include <gtest/gtest.h>

#include "core/rounds/round_loop.hpp"
#include "simulated_bench.hpp"

namespace clear_native {
namespace {

/// Rounds of a second each, without windows; or of a short window each, with `windows`.
class CountedRounds final : public RoundSource {
 public:
  explicit CountedRounds(testing::SimulatedBench& bench) : bench_(bench) {}

  WindowRunner::End prepare() override {
    EXPECT_EQ(ran, 0);
    ++prepared;
    return prepared_end;
  }
  WindowRunner::End run(int round) override {
    if (round == ends_at) return end;
    const double end_s = bench_.clock->now_s() + 1;
    if (windows != nullptr) {
      const WindowOptions options{.lead_in_min_s = 0.1, .lead_in_max_s = 0.1, .duration_s = 0.15};
      const WindowRunner::End ran_to =
          windows->run(round, {{.target = "model", .workload = &bench_.workload, .options = options}});
      if (ran_to != WindowRunner::End::complete) return ran_to;
    }
    bench_.clock->advance_to(end_s);
    ++ran;
    return WindowRunner::End::complete;
  }
  [[nodiscard]] int windows_of(int /*round*/) const override { return 1; }
  [[nodiscard]] double expected_round_s() const override { return 1; }
  RoundsPlan plan() override {
    planned_after = ran;
    return planned;
  }

  int rounds_to_reach(int done) override {
    looked_after.push_back(done);
    return looked_after.size() <= extended_to.size() ? extended_to[looked_after.size() - 1] : done;
  }

  WindowRunner* windows = nullptr;
  RoundsPlan planned{.rounds = 12};
  std::vector<int> extended_to;
  std::vector<int> looked_after;
  int ends_at = -1;
  WindowRunner::End end = WindowRunner::End::complete;
  WindowRunner::End prepared_end = WindowRunner::End::complete;
  int prepared = 0;
  int ran = 0;
  int planned_after = -1;

 private:
  testing::SimulatedBench& bench_;
};

struct Fixture {
  StopReason run() { return run_round_loop(windows, source, options, result); }

  testing::SimulatedBench bench;
  RoundsOptions options;
  RoundsWatch watch;
  RoundsResult result;
  CountedRounds source{bench};
  WindowRunner windows{bench.runner, bench.device, options, watch, result, 1};
};

TEST(RoundLoop, PlansOnceAfterThePilotAndRunsToIt) {
  Fixture fixture;
  EXPECT_EQ(fixture.run(), StopReason::precision_planned);
  EXPECT_EQ(fixture.source.planned_after, fixture.options.pilot_rounds);
  EXPECT_EQ(fixture.source.prepared, 1);
  EXPECT_EQ(fixture.source.ran, 12);
  EXPECT_EQ(fixture.result.rounds, 12);
  EXPECT_EQ(fixture.result.planned_rounds, 12);
}

TEST(RoundLoop, GoesOnWhereThePilotWasTooHopeful) {
  Fixture fixture;
  fixture.source.extended_to = {15};
  EXPECT_EQ(fixture.run(), StopReason::precision_planned);
  EXPECT_EQ(fixture.source.looked_after, (std::vector<int>{12, 15}));
  EXPECT_EQ(fixture.result.rounds, 15);
  EXPECT_EQ(fixture.result.planned_rounds, 15);
}

TEST(RoundLoop, LooksNoMoreThanTwiceAndNeverBeyondTheMost) {
  Fixture fixture;
  fixture.options.max_rounds = 14;
  fixture.source.extended_to = {13, 90, 100};
  EXPECT_EQ(fixture.run(), StopReason::precision_planned);
  EXPECT_EQ(fixture.source.looked_after, (std::vector<int>{12, 13}));
  EXPECT_EQ(fixture.result.rounds, 14);
}

TEST(RoundLoop, DoesNotGoOnWhereThePlanKnewThatItWillNotReachIt) {
  Fixture fixture;
  fixture.source.extended_to = {15};
  fixture.source.planned.stop_reason = StopReason::max_rounds;
  EXPECT_EQ(fixture.run(), StopReason::max_rounds);
  EXPECT_EQ(fixture.result.rounds, 12);
}

TEST(RoundLoop, WhatIsAddedEndsWithTheTimeToo) {
  Fixture fixture;
  fixture.options.max_time_s = 13.5;
  fixture.source.extended_to = {20};
  EXPECT_EQ(fixture.run(), StopReason::max_time);
  EXPECT_EQ(fixture.result.rounds, 13);
}

TEST(RoundLoop, SaysWhatSetTheNumberOfRounds) {
  Fixture fixture;
  fixture.source.planned.stop_reason = StopReason::max_rounds;
  EXPECT_EQ(fixture.run(), StopReason::max_rounds);
}

TEST(RoundLoop, BeginsNoRoundThatDoesNotFit) {
  Fixture fixture;
  fixture.options.max_time_s = 6.5;
  EXPECT_EQ(fixture.run(), StopReason::max_time);
  EXPECT_EQ(fixture.result.rounds, 6);
}

/// What is told after the window of every round.
std::vector<Progress> told_by(Fixture& fixture) {
  std::vector<Progress> told;
  fixture.watch.progress = [&told](const Progress& now) { told.push_back(now); };
  fixture.source.windows = &fixture.windows;
  fixture.run();
  return told;
}

TEST(RoundLoop, TellsOfRoundsThatFitOnly) {
  Fixture fixture;
  fixture.options.max_time_s = 8.5;
  fixture.source.planned.rounds = 200;
  const std::vector<Progress> told = told_by(fixture);
  ASSERT_EQ(told.size(), 8U);
  EXPECT_EQ(fixture.result.planned_rounds, 200) << "by the rule, whatever fits";
  const auto pilot = static_cast<std::size_t>(fixture.options.pilot_rounds);
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].max_time_s, 8.5);
    EXPECT_EQ(told[i].planned_rounds, i < pilot ? 0 : 8);
    EXPECT_EQ(told[i].windows_planned, i < pilot ? 0 : 8);
    EXPECT_NEAR(told[i].expected_s, i < pilot ? 0 : 8, 0.001);
  }
}

TEST(RoundLoop, WhatIsPlannedIsToldWhereItFits) {
  Fixture fixture;
  fixture.source.extended_to = {15};
  const std::vector<Progress> told = told_by(fixture);
  ASSERT_EQ(told.size(), 15U);
  EXPECT_EQ(told[11].windows_planned, 12);
  EXPECT_NEAR(told[11].expected_s, 12, 0.001);
  EXPECT_EQ(told[12].windows_planned, 15);
  EXPECT_NEAR(told[12].expected_s, 15, 0.001);
}

TEST(RoundLoop, TheFirstRoundIsAlwaysBegun) {
  Fixture fixture;
  fixture.options.max_time_s = 0.5;
  EXPECT_EQ(fixture.run(), StopReason::max_time);
  EXPECT_EQ(fixture.result.rounds, 1);
}

TEST(RoundLoop, WithoutPreparationThereAreNoRounds) {
  Fixture fixture;
  fixture.source.prepared_end = WindowRunner::End::interrupted;
  EXPECT_EQ(fixture.run(), StopReason::interrupted);
  EXPECT_EQ(fixture.source.ran, 0);
  EXPECT_EQ(fixture.result.rounds, 0);
}

TEST(RoundLoop, ARoundThatEndsEarlyEndsAll) {
  const std::pair<WindowRunner::End, StopReason> ends[] = {
      {WindowRunner::End::failed, StopReason::failed},
      {WindowRunner::End::interrupted, StopReason::interrupted},
      {WindowRunner::End::out_of_time, StopReason::max_time},
  };
  for (const auto& [end, reason] : ends) {
    Fixture fixture;
    fixture.source.ends_at = 3;
    fixture.source.end = end;
    EXPECT_EQ(fixture.run(), reason);
    EXPECT_EQ(fixture.result.rounds, 3) << "complete ones";
    EXPECT_EQ(fixture.result.planned_rounds, 0);
  }
}

}  // namespace
}  // namespace clear_native
