#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/rounds/rounds.hpp"
#include "core/rounds/schedule.hpp"
#include "core/statistics/statistics.hpp"
#include "simulated_profile.hpp"

namespace clear_native {
namespace {

using testing::bert_like_targets;
using testing::DeviceOptions;
using testing::ProfileRun;
using testing::run_simulated_profile;

constexpr double begin_s = 1000;

DeviceOptions disturbed(std::uint64_t seed = 1) {
  DeviceOptions options;
  options.seed = seed;
  options.disturbances = testing::all_disturbances();
  return options;
}

TEST(RunRounds, MeasuresEveryTargetOncePerRoundInTheRecordedOrder) {
  RoundsOptions options;
  options.seed = 17;
  const auto targets = bert_like_targets();
  const ProfileRun run = run_simulated_profile(targets, disturbed(), options);
  EXPECT_EQ(run.result.stop_reason, StopReason::precision_planned);
  EXPECT_EQ(run.result.seed, 17U);
  EXPECT_EQ(run.result.rounds, run.result.planned_rounds);
  ASSERT_EQ(run.result.windows.size(), targets.size() * static_cast<std::size_t>(run.result.rounds));
  for (std::size_t i = 0; i < run.result.windows.size(); ++i) {
    const Window& window = run.result.windows[i];
    const std::vector<std::size_t> order = round_order(17, window.round, targets.size());
    EXPECT_EQ(window.target, targets[order[static_cast<std::size_t>(window.position)]].name);
  }
}

TEST(RunRounds, AQuietDeviceGivesTheTruthInTheFewestRounds) {
  const ProfileRun run = run_simulated_profile(bert_like_targets(), {}, {});
  EXPECT_EQ(run.result.rounds, 8);
  for (std::size_t i = 0; i < run.result.targets.size(); ++i) {
    const TargetEstimate& target = run.result.targets[i];
    const double truth_j = run.truth.loads[i].power_w * run.truth.loads[i].time_s;
    ASSERT_TRUE(target.energy_per_pass_j) << target.name;
    EXPECT_NEAR(target.energy_per_pass_j->mean / truth_j, 1, 5e-4) << target.name;
    EXPECT_TRUE(target.precision_reached) << target.name;
    EXPECT_TRUE(target.statuses.empty()) << target.name << ": " << target.statuses.front();
  }
  EXPECT_NEAR(run.result.energy_closure->ratio, run.truth.energy_closure, 1e-3);
  EXPECT_NEAR(run.result.perturbation->ratio, run.truth.perturbation, 1e-3);
}

TEST(RunRounds, TheSameSeedsGiveTheSameResult) {
  const ProfileRun first = run_simulated_profile(bert_like_targets(), disturbed(5), {});
  const ProfileRun second = run_simulated_profile(bert_like_targets(), disturbed(5), {});
  EXPECT_EQ(first.result.targets[2].energy_per_pass_j->mean, second.result.targets[2].energy_per_pass_j->mean);
  EXPECT_EQ(first.result.elapsed_s, second.result.elapsed_s);
}

TEST(RunRounds, MorePrecisionTakesMoreTime) {
  RoundsOptions fine;
  fine.precision = 0.002;
  fine.precision_of_model = 0.001;
  fine.max_time_s = 1000;
  const ProfileRun coarse = run_simulated_profile(bert_like_targets(), disturbed(), {});
  const ProfileRun precise = run_simulated_profile(bert_like_targets(), disturbed(), fine);
  EXPECT_GT(precise.result.elapsed_s, 1.5 * coarse.result.elapsed_s);
  EXPECT_LT(*precise.result.targets[1].energy_per_pass_j->half_width,
            *coarse.result.targets[1].energy_per_pass_j->half_width);
}

TEST(RunRounds, StopsBeforeMaxTimeAndKeepsWholeRounds) {
  RoundsOptions options;
  options.max_time_s = 12;
  const ProfileRun run = run_simulated_profile(bert_like_targets(), disturbed(), options);
  EXPECT_EQ(run.result.stop_reason, StopReason::max_time);
  EXPECT_LE(run.result.elapsed_s, 12.5);
  EXPECT_GE(run.result.rounds, 2);
  EXPECT_LT(run.result.rounds, 8);
  EXPECT_EQ(run.result.windows.size(), static_cast<std::size_t>(run.result.rounds) * bert_like_targets().size())
      << "a round that does not fit any more is not begun";
  EXPECT_TRUE(run.result.targets[0].energy_per_pass_j->half_width);
}

TEST(RunRounds, AMaxTimeShorterThanARoundStillKeepsItsWindows) {
  RoundsOptions options;
  options.max_time_s = 1;
  const ProfileRun run = run_simulated_profile(bert_like_targets(), disturbed(), options);
  EXPECT_EQ(run.result.stop_reason, StopReason::max_time);
  EXPECT_EQ(run.result.rounds, 0);
  EXPECT_GE(run.result.windows.size(), 2U);
  EXPECT_LE(run.result.elapsed_s, 2);
}

TEST(RunRounds, MaxRoundsIsSaidWhenItDoesNotSuffice) {
  RoundsOptions options;
  options.precision = 1e-5;
  options.precision_of_model = 1e-6;
  options.max_rounds = 9;
  options.max_duration_s = 0.2;
  options.max_time_s = 1000;
  const ProfileRun run = run_simulated_profile(bert_like_targets(), disturbed(), options);
  EXPECT_EQ(run.result.stop_reason, StopReason::max_rounds);
  EXPECT_EQ(run.result.rounds, 9);
  EXPECT_FALSE(run.result.targets[1].precision_reached);
}

TEST(RunRounds, AnInterruptionKeepsTheFinishedWindows) {
  int asked = 0;
  RoundsWatch watch;
  watch.window.interrupted = [&] { return ++asked > 60; };
  const ProfileRun run = run_simulated_profile(bert_like_targets(), disturbed(), {}, watch);
  EXPECT_EQ(run.result.stop_reason, StopReason::interrupted);
  EXPECT_FALSE(run.result.failure_kind);
  EXPECT_GE(run.result.windows.size(), 9U);
  EXPECT_EQ(run.result.targets.size(), bert_like_targets().size());
  EXPECT_TRUE(run.result.targets[1].energy_per_pass_j);
}

TEST(RunRounds, ALostDeviceIsToldAndTheFinishedWindowsAreKept) {
  DeviceOptions device = disturbed();
  device.faults.lost_s = begin_s + 6;
  const ProfileRun run = run_simulated_profile(bert_like_targets(), device, {});
  EXPECT_EQ(run.result.stop_reason, StopReason::failed);
  EXPECT_EQ(run.result.failure_kind, ErrorKind::device_lost);
  EXPECT_FALSE(run.result.failure_message.empty());
  EXPECT_GE(run.result.windows.size(), 10U);
  EXPECT_TRUE(run.result.targets[1].energy_per_pass_j);
}

TEST(RunRounds, AWindowWithASensorFaultIsRepeatedAtTheEndOfItsRound) {
  DeviceOptions device = disturbed();
  device.faults.counter_resets_s = begin_s + 5;
  const auto targets = bert_like_targets();
  const ProfileRun run = run_simulated_profile(targets, device, {});
  EXPECT_EQ(run.result.stop_reason, StopReason::precision_planned);
  EXPECT_EQ(run.result.windows.size(), targets.size() * static_cast<std::size_t>(run.result.rounds) + 1);
  const auto bad = std::find_if(run.result.windows.begin(), run.result.windows.end(),
                                [](const Window& window) { return window.status == "counter_went_back"; });
  ASSERT_NE(bad, run.result.windows.end());
  const auto again = std::find_if(bad + 1, run.result.windows.end(), [&](const Window& window) {
    return window.target == bad->target && window.round == bad->round;
  });
  ASSERT_NE(again, run.result.windows.end());
  EXPECT_EQ(again->position, static_cast<int>(targets.size()));
  EXPECT_EQ(again->status, "ok");
}

TEST(RunRounds, ACounterThatStaysStalledFails) {
  DeviceOptions device = disturbed();
  device.faults.counter_stalls_s = begin_s + 5;
  const ProfileRun run = run_simulated_profile(bert_like_targets(), device, {});
  EXPECT_EQ(run.result.stop_reason, StopReason::failed);
  EXPECT_EQ(run.result.failure_kind, ErrorKind::sensor_fault);
  EXPECT_NE(run.result.failure_message.find("stood still"), std::string::npos) << run.result.failure_message;
  EXPECT_TRUE(run.result.targets[1].energy_per_pass_j) << "the windows before are kept";
}

TEST(RunRounds, OtherProcessesAreContention) {
  DeviceOptions device = disturbed();
  device.faults.other_processes = 3;
  const ProfileRun run = run_simulated_profile(bert_like_targets(), device, {});
  EXPECT_EQ(run.result.other_processes_peak, 3);
  for (const TargetEstimate& target : run.result.targets) {
    EXPECT_EQ(std::count(target.statuses.begin(), target.statuses.end(), "contended"), 1) << target.name;
  }
}

TEST(RunRounds, AComponentAtThePowerCapIsMarked) {
  DeviceOptions device = disturbed();
  device.power_cap_w = 285;  // below what the LM head draws, above everything else
  const ProfileRun run = run_simulated_profile(bert_like_targets(), device, {});
  for (const TargetEstimate& target : run.result.targets) {
    const auto capped = std::count(target.statuses.begin(), target.statuses.end(), "power_capped");
    EXPECT_EQ(capped, target.name == "lm_head" ? 1 : 0) << target.name;
  }
}

TEST(RunRounds, WhatRanBeforeIsFittedAndTakenOut) {
  DeviceOptions device;
  device.disturbances.carry_over = true;
  const ProfileRun with = run_simulated_profile(bert_like_targets(), device, {});
  EXPECT_NEAR(with.result.carry_over_per_w.value() / testing::carry_over_per_w, 0.75, 0.25)
      << "somewhat less: part of it fades in the lead-in";
  const ProfileRun without = run_simulated_profile(bert_like_targets(), {}, {});
  EXPECT_NEAR(without.result.carry_over_per_w.value(), 0, 1e-6);
  const Interval& model = *with.result.targets[1].energy_per_pass_j;
  const double raw_deviation = [&] {
    std::vector<double> energies_j;
    for (const Window& window : with.result.windows) {
      if (window.target == "preserved") energies_j.push_back(*window.energy_per_pass_j);
    }
    return weighted_mean(energies_j)->standard_deviation;
  }();
  EXPECT_LT(model.standard_deviation, 0.7 * raw_deviation);
}

TEST(RunRounds, SensorsThatDisagreeAreMarked) {
  DeviceOptions device;
  device.samples_gain = 1.05;
  const ProfileRun run = run_simulated_profile(bert_like_targets(), device, {});
  const TargetEstimate& model = run.result.targets[1];
  EXPECT_EQ(std::count(model.statuses.begin(), model.statuses.end(), "sensors_disagree"), 1);
  EXPECT_EQ(run.result.statuses, std::vector<std::string>{"sensors_disagree"});
  EXPECT_NEAR(*model.counter_over_samples, 1 / 1.05, 0.005);
}

TEST(RunRounds, ATargetsOwnDurationIsKept) {
  const auto clock = std::make_shared<testing::VirtualClock>();
  testing::SimulatedDevice device(clock, {});
  testing::VirtualRunner runner(clock);
  testing::SimulatedWorkload model(device, {.power_w = 240, .time_s = 0.001}, 2);
  testing::SimulatedWorkload part(device, {.power_w = 200, .time_s = 0.0005}, 4);
  const std::vector<Target> targets = {
      {.name = "model", .role = TargetRole::preserved, .workload = &model, .duration_s = 0.4},
      {.name = "part", .role = TargetRole::component, .workload = &part}};
  const RoundsResult result = run_rounds(runner, device, targets, {}, {});
  for (const Window& window : result.windows) {
    const double expected_s = window.target == "model" ? 0.4 : window.round < 4 ? 0.15 : 0.12;
    EXPECT_NEAR(window.end_s - window.begin_s, expected_s, 0.022) << window.target << " round " << window.round;
  }
}

TEST(RunRounds, AMeterWithoutSamplesGetsWindowsOfFiveTicks) {
  DeviceOptions device;
  device.has_samples = false;
  const ProfileRun run = run_simulated_profile(bert_like_targets(), device, {});
  for (const Window& window : run.result.windows) {
    EXPECT_EQ(window.sensor_used, SensorUsed::counter);
    EXPECT_GE(window.ticks.size(), 5U);
  }
}

TEST(RunRounds, ReportsProgressAfterEveryWindow) {
  std::vector<Progress> seen;
  RoundsWatch watch;
  watch.progress = [&](const Progress& progress) { seen.push_back(progress); };
  const ProfileRun run = run_simulated_profile(bert_like_targets(), disturbed(), {}, watch);
  ASSERT_EQ(seen.size(), run.result.windows.size());
  EXPECT_EQ(seen.front().planned_rounds, 0) << "not known in the pilot";
  EXPECT_EQ(seen.back().planned_rounds, run.result.rounds);
  EXPECT_EQ(seen.back().windows_done, seen.back().windows_planned);
  EXPECT_NEAR(seen.back().expected_s, run.result.elapsed_s, 0.1 * run.result.elapsed_s);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].windows_done, static_cast<int>(i) + 1);
    EXPECT_EQ(seen[i].target, run.result.windows[i].target);
  }
}

ErrorKind kind_thrown(const std::vector<Target>& targets, const RoundsOptions& options) {
  const auto clock = std::make_shared<testing::VirtualClock>();
  testing::SimulatedDevice device(clock, {});
  testing::VirtualRunner runner(clock);
  try {
    run_rounds(runner, device, targets, options, {});
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::interrupted;  // stands for: nothing was thrown
}

TEST(RunRounds, RefusesImpossibleOptionsAndTargets) {
  const auto clock = std::make_shared<testing::VirtualClock>();
  testing::SimulatedDevice device(clock, {});
  testing::SimulatedWorkload workload(device, {.power_w = 240, .time_s = 0.001}, 2);
  const std::vector<Target> good = {{.name = "a", .role = TargetRole::component, .workload = &workload}};
  RoundsOptions options;
  options.precision = 0;
  EXPECT_EQ(kind_thrown(good, options), ErrorKind::bad_input);
  options.precision = std::nan("");
  EXPECT_EQ(kind_thrown(good, options), ErrorKind::bad_input);
  options = {};
  options.max_time_s = -1;
  EXPECT_EQ(kind_thrown(good, options), ErrorKind::bad_input);
  options = {};
  options.pilot_rounds = 1;
  EXPECT_EQ(kind_thrown(good, options), ErrorKind::bad_input);
  options = {};
  options.max_rounds = 3;
  EXPECT_EQ(kind_thrown(good, options), ErrorKind::bad_input);
  EXPECT_EQ(kind_thrown({}, {}), ErrorKind::bad_input);
  EXPECT_EQ(kind_thrown({good[0], good[0]}, {}), ErrorKind::bad_input);
  EXPECT_EQ(kind_thrown({{.name = "a", .role = TargetRole::component}}, {}), ErrorKind::bad_input);
  EXPECT_EQ(kind_thrown({{.name = "a", .role = TargetRole::plain, .workload = &workload},
                         {.name = "b", .role = TargetRole::plain, .workload = &workload}},
                        {}),
            ErrorKind::bad_input);
}

}  // namespace
}  // namespace clear_native
