// What run_weighing is given: references, and workloads that come and go.

#include <gtest/gtest.h>

#include <algorithm>

#include "core/weighing/weighing.hpp"
#include "simulated_bench.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::SimulatedBench;
using testing::SimulatedWorkload;
using testing::thrown_by;

const WeighingLayout layout{.components = {"a", "b"}, .component_of_call = {0, 1}, .passes = 4};

/// Counts how many of its workloads are alive, and can fail.
class CountedDosed final : public DosedWorkloads {
 public:
  explicit CountedDosed(SimulatedBench& bench) : bench_(bench) {}

  std::unique_ptr<Workload> make(const Doses& doses) override {
    if (made++ == fails_at) throw Error(failure, "no room for this graph");
    bench_.clock->advance_to(bench_.clock->now_s() + making_s);
    alive_after_make = std::max(alive_after_make, ++alive);
    const std::vector<double> of = component_doses(layout, doses);
    return std::make_unique<Counted>(bench_.device, *this, 200e-6 * (1 + of[0]) + 300e-6 * (1 + of[1]));
  }
  std::size_t changed() override {
    asked_while_busy = asked_while_busy || undrained;
    ++asked_for_changes;
    return changed_buffers;
  }

  double making_s = 0;
  int made = 0;
  int fails_at = -1;
  ErrorKind failure = ErrorKind::device_out_of_memory;
  int alive = 0;
  int alive_after_make = 0;
  int asked_for_changes = 0;
  bool undrained = false;  // launched since the last drain
  bool asked_while_busy = false;
  std::size_t changed_buffers = 0;

 private:
  class Counted final : public Workload {
   public:
    Counted(testing::SimulatedDevice& device, CountedDosed& owner, double time_s)
        : inner_(device, {.power_w = 240, .time_s = time_s}, 4), owner_(owner) {}
    ~Counted() override { --owner_.alive; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    [[nodiscard]] double passes_per_launch() const override { return inner_.passes_per_launch(); }
    void launch() override {
      owner_.undrained = true;
      inner_.launch();
    }
    bool wait_for_room(double& look_again_s) override { return inner_.wait_for_room(look_again_s); }
    [[nodiscard]] OdometerReading odometer() const override { return inner_.odometer(); }
    void drain() override {
      inner_.drain();
      owner_.undrained = false;
    }

   private:
    SimulatedWorkload inner_;
    CountedDosed& owner_;
  };

  SimulatedBench& bench_;
};

struct Fixture {
  SimulatedBench bench;
  CountedDosed dosed{bench};
  SimulatedWorkload part{bench.device, {.power_w = 200, .time_s = 100e-6}, 20};
  std::vector<Target> references = {{.name = "chain", .role = TargetRole::preserved, .workload = &bench.workload}};
  RoundsOptions options;

  WeighingResult run() { return run_weighing(bench.runner, bench.device, references, layout, dosed, options, {}); }
};

TEST(RunWeighing, ARoundsWorkloadsAreGoneBeforeTheNextAreMade) {
  Fixture fixture;
  const WeighingResult result = fixture.run();
  EXPECT_EQ(result.rounds.rounds, 8);
  EXPECT_EQ(fixture.dosed.made, 8 * 4);
  EXPECT_EQ(fixture.dosed.alive_after_make, 4) << "two for each of two pairs";
  EXPECT_EQ(fixture.dosed.alive, 0);
}

TEST(RunWeighing, WhatMakingThrowsIsToldAndFinishedRoundsAreKept) {
  Fixture fixture;
  fixture.dosed.fails_at = 10;
  const WeighingResult result = fixture.run();
  EXPECT_EQ(result.rounds.stop_reason, StopReason::failed);
  EXPECT_EQ(result.rounds.failure_kind, ErrorKind::device_out_of_memory);
  EXPECT_EQ(result.rounds.failure_message, "no room for this graph");
  EXPECT_EQ(result.rounds.rounds, 2);
  EXPECT_TRUE(result.rounds.targets[1].energy_per_pass_j);
  EXPECT_EQ(fixture.dosed.alive, 0);
}

TEST(RunWeighing, AnInterruptionWhileMakingIsNoFailure) {
  Fixture fixture;
  fixture.dosed.fails_at = 13;
  fixture.dosed.failure = ErrorKind::interrupted;
  const WeighingResult result = fixture.run();
  EXPECT_EQ(result.rounds.stop_reason, StopReason::interrupted);
  EXPECT_FALSE(result.rounds.failure_kind);
}

TEST(RunWeighing, BuffersThatADoseChangedMarkEveryComponent) {
  Fixture fixture;
  fixture.dosed.changed_buffers = 3;
  const WeighingResult result = fixture.run();
  EXPECT_EQ(result.changed_buffers, 3U);
  EXPECT_EQ(fixture.dosed.asked_for_changes, 8 * 4) << "after every dosed window";
  EXPECT_FALSE(fixture.dosed.asked_while_busy);
  for (std::size_t i = 1; i < 3; ++i) {
    const auto& statuses = result.rounds.targets[i].statuses;
    EXPECT_EQ(std::count(statuses.begin(), statuses.end(), "buffers_changed"), 1);
  }
  EXPECT_TRUE(result.rounds.targets[0].statuses.empty());
}

TEST(RunWeighing, MakingCountsIntoWhatARoundTakes) {
  Fixture fixture;
  ASSERT_LT(fixture.run().rounds.elapsed_s, 56) << "eight rounds fit";
  Fixture slow;
  slow.dosed.making_s = 2;
  const WeighingResult result = slow.run();
  EXPECT_EQ(result.rounds.stop_reason, StopReason::max_time);
  EXPECT_GT(result.rounds.elapsed_s, 30);
  EXPECT_LE(result.rounds.elapsed_s, slow.options.max_time_s + 2);
  EXPECT_EQ(slow.dosed.made, 4 * result.rounds.rounds) << "no round is begun that does not fit";
}

TEST(RunWeighing, LongLaunchesTakeLongerWindows) {
  Fixture fixture;
  SimulatedWorkload slow{fixture.bench.device, {.power_w = 200, .time_s = 0.02}, 4};
  fixture.references[0].workload = &slow;
  fixture.options.max_time_s = 200;
  const WeighingResult result = fixture.run();
  for (const Window& window : result.rounds.windows) {
    EXPECT_GE(window.round, 0) << "the window before the first round is no part of the result";
    EXPECT_GE(window.end_s - window.begin_s, 6 * 0.08 - 1e-3) << window.target;
  }
}

TEST(RunWeighing, ARoundOfLongLaunchesThatDoesNotFitIsRefused) {
  Fixture fixture;
  SimulatedWorkload slow{fixture.bench.device, {.power_w = 200, .time_s = 0.25}, 4};
  fixture.references[0].workload = &slow;
  const auto thrown = thrown_by([&] { fixture.run(); });
  EXPECT_EQ(thrown.kind, ErrorKind::bad_input);
  EXPECT_NE(thrown.message.find("max_time is 60.0 s"), std::string::npos) << thrown.message;
  EXPECT_EQ(fixture.dosed.made, 0);
}

TEST(RunWeighing, WithoutReferencesThereAreMarginalsAndNoClosure) {
  Fixture fixture;
  fixture.references.clear();
  const WeighingResult result = fixture.run();
  EXPECT_NEAR(result.rounds.targets[0].time_per_pass_s->mean / 200e-6, 1, 0.01);
  EXPECT_NEAR(result.rounds.targets[1].time_per_pass_s->mean / 300e-6, 1, 0.01);
  EXPECT_FALSE(result.rounds.energy_closure);
}

TEST(RunWeighing, RefusesImpossibleReferencesAndOptions) {
  const auto refused = [](const auto& change, const std::string& word) {
    Fixture fixture;
    change(fixture);
    const auto thrown = thrown_by([&] { fixture.run(); });
    EXPECT_EQ(thrown.kind, ErrorKind::bad_input) << word;
    EXPECT_NE(thrown.message.find(word), std::string::npos) << thrown.message;
    EXPECT_EQ(fixture.dosed.made, 0) << word;
  };
  const auto add = [](Fixture& fixture, const std::string& name, TargetRole role) {
    fixture.references.push_back({.name = name, .role = role, .workload = &fixture.part});
  };
  refused([&](Fixture& fixture) { add(fixture, "a", TargetRole::component); }, "'a'");
  refused([&](Fixture& fixture) { add(fixture, "dosed 1-", TargetRole::component); }, "dosed 1-");
  refused([&](Fixture& fixture) { add(fixture, "x", TargetRole::dosed); }, "role of a dosed window");
  refused([&](Fixture& fixture) { add(fixture, "x", TargetRole::preserved); }, "takes a role");
  refused([](Fixture& fixture) { fixture.options.fraction = 0; }, "fraction");
  refused([](Fixture& fixture) { fixture.options.dosed_duration_s = 0; }, "dosed_duration_s");
  refused([](Fixture& fixture) { fixture.options.dosed_max_duration_s = 0.01; }, "dosed_max_duration_s");
  refused([](Fixture& fixture) { fixture.options.uniform_pairs = -1; }, "uniform_pairs");
  refused([](Fixture& fixture) { fixture.options.pairs_per_round = 0; }, "pairs_per_round");
  refused([](Fixture& fixture) { fixture.options.chain_windows = 0; }, "chain_windows");
  refused([](Fixture& fixture) { fixture.options.largest_fraction = 1.5; }, "largest_fraction");
  refused([](Fixture& fixture) { fixture.options.max_time_s = 1; }, "max_time");
}

}  // namespace
}  // namespace clear_native
