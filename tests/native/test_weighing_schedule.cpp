#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/weighing/weighing_schedule.hpp"
#include "simulated_bench.hpp"

namespace clear_native {
namespace {

const WeighingLayout layout{.components = {"a", "b"}, .component_of_call = {0, 1}, .passes = 4};

struct Fixture {
  explicit Fixture(const RoundsOptions& given = {}) : options(given) {
    references = {{.name = "plain", .role = TargetRole::plain, .workload = &bench.workload},
                  {.name = "chain", .role = TargetRole::preserved, .workload = &bench.workload},
                  {.name = "own", .role = TargetRole::component, .workload = &bench.workload, .duration_s = 0.7}};
    durations = weighing_durations(references, options, bench.device.traits());
  }

  std::vector<PlannedWindow> round(int number) {
    const auto rows = draw_rows(layout, 0.5, 9, number);
    std::vector<std::unique_ptr<Workload>> workloads;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      workloads.push_back(
          std::make_unique<testing::SimulatedWorkload>(bench.device, Load{.power_w = 1, .time_s = 1}, 1));
    }
    return schedule_round(rows, workloads, references, durations, 9, number);
  }

  using Load = testing::Load;
  RoundsOptions options;
  testing::SimulatedBench bench;
  std::vector<Target> references;
  WeighingDurations durations;
};

TEST(ScheduleRound, HasEveryRowOnceAndTheChainSeveralTimes) {
  Fixture fixture;
  std::map<std::string, int> counts;
  for (const PlannedWindow& window : fixture.round(0)) ++counts[window.target];
  EXPECT_EQ(counts["plain"], 1);
  EXPECT_EQ(counts["own"], 1);
  EXPECT_EQ(counts["chain"], fixture.options.chain_windows);
  for (int pair = 0; pair < 4; ++pair) {
    for (const int sign : {1, -1}) EXPECT_EQ(counts[row_name(pair, sign)], 1) << row_name(pair, sign);
  }
}

TEST(ScheduleRound, ThePairsStayTogetherInRandomOrderOfTheirSigns) {
  Fixture fixture;
  int plus_first = 0;
  std::set<std::string> firsts;
  constexpr int rounds = 100;
  for (int round = 0; round < rounds; ++round) {
    const auto windows = fixture.round(round);
    firsts.insert(windows.front().target);
    for (std::size_t i = 0; i < windows.size(); ++i) {
      if (windows[i].target != "dosed 2+") continue;
      const bool before = i > 0 && windows[i - 1].target == "dosed 2-";
      const bool after = i + 1 < windows.size() && windows[i + 1].target == "dosed 2-";
      EXPECT_NE(before, after) << "round " << round;
      plus_first += after ? 1 : 0;
    }
  }
  EXPECT_NEAR(plus_first, rounds / 2, 20);
  EXPECT_GE(firsts.size(), 8U) << "pairs and references mix";
}

TEST(ScheduleRound, DosedWindowsCarryTheirDosesAndTheirOwnLength) {
  RoundsOptions options;
  options.dosed_duration_s = 0.2;
  options.reference_duration_s = 0.3;
  Fixture fixture(options);
  std::set<std::size_t> kinds;
  for (const PlannedWindow& window : fixture.round(1)) {
    kinds.insert(window.kind);
    ASSERT_NE(window.workload, nullptr);
    if (window.target.rfind("dosed", 0) == 0) {
      ASSERT_TRUE(window.doses);
      EXPECT_EQ(window.doses->size(), 8U);
      EXPECT_EQ(window.options.duration_s, 0.2);
      EXPECT_EQ(window.kind, dosed_kind);
    } else {
      EXPECT_FALSE(window.doses);
      EXPECT_EQ(window.options.duration_s, window.target == "own" ? 0.7 : 0.3);
    }
  }
  EXPECT_EQ(kinds.size(), 4U);
}

TEST(ScheduleRound, DoublingAndIdlingTakeTurnsAndIdlingComesLast) {
  Fixture fixture;
  fixture.references.push_back({.name = "doubled", .role = TargetRole::doubled, .workload = &fixture.bench.workload});
  fixture.references.push_back({.name = "idle", .role = TargetRole::idle, .workload = &fixture.bench.workload});
  fixture.durations = weighing_durations(fixture.references, fixture.options, fixture.bench.device.traits());
  for (int round = 0; round < 6; ++round) {
    std::map<std::string, int> counts;
    const auto windows = fixture.round(round);
    for (const PlannedWindow& window : windows) ++counts[window.target];
    EXPECT_EQ(counts["doubled"], round % 2 == 0 ? 1 : 0) << round;
    EXPECT_EQ(counts["idle"], round % 2 == 0 ? 0 : 1) << round;
    EXPECT_EQ(counts["plain"], 1) << round;
    EXPECT_EQ(windows.back().target == "idle", round % 2 == 1) << round;
  }
}

TEST(ScheduleRound, WhatFollowsUponSomethingElseSettlesLonger) {
  RoundsOptions options;
  options.dosed_lead_in_s = 0.08;
  Fixture fixture(options);
  const double other_s = fixture.durations.after_other_min_s;
  ASSERT_GT(other_s, fixture.options.dosed_lead_in_s);
  int after_own = 0;
  for (int round = 0; round < 20; ++round) {
    const auto windows = fixture.round(round);
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const bool own = windows[i].target == "own";
      const bool settles = i == 0 || windows[i - 1].target == "own";
      after_own += i > 0 && settles ? 1 : 0;
      const double expected_s = own || settles ? other_s : fixture.options.dosed_lead_in_s;
      EXPECT_EQ(windows[i].options.lead_in_min_s, expected_s) << round << " " << windows[i].target;
    }
  }
  EXPECT_GT(after_own, 10);
}

}  // namespace
}  // namespace clear_native
