#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "simulated_weighing.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::bert_like_mix;
using testing::DeviceOptions;
using testing::MixModel;
using testing::run_simulated_weighing;
using testing::thrown_by;
using testing::WeighingRun;

constexpr double begin_s = 1000;
constexpr std::size_t reference_count = 4;  // plain, chain, doubled, idle

DeviceOptions disturbed() {
  DeviceOptions options;
  options.disturbances = testing::all_disturbances();
  return options;
}

/// Time for all the rounds that the plan wants.
RoundsOptions patient() {
  RoundsOptions options;
  options.max_time_s = 200;
  return options;
}

MixModel mix_with_effects() {
  MixModel model = bert_like_mix();
  model.cache = 0.05;
  model.interaction = 0.04;
  return model;
}

const TargetEstimate& target_of(const WeighingRun& run, const std::string& name) {
  const auto& targets = run.result.rounds.targets;
  return *std::find_if(targets.begin(), targets.end(), [&](const TargetEstimate& one) { return one.name == name; });
}

TEST(RunWeighing, AQuietDeviceGivesTheTruthInTheFewestRounds) {
  const MixModel model = mix_with_effects();
  const WeighingRun run = run_simulated_weighing(model, {}, patient());
  EXPECT_EQ(run.result.rounds.rounds, 8);
  EXPECT_EQ(run.result.rounds.stop_reason, StopReason::precision_planned);
  ASSERT_EQ(run.result.rounds.targets.size(), reference_count + model.components.size());
  const double model_j = run.truth.chain_energy_j;
  for (std::size_t i = 0; i < model.components.size(); ++i) {
    const TargetEstimate& target = run.result.rounds.targets[reference_count + i];
    EXPECT_EQ(target.name, model.components[i]);
    ASSERT_TRUE(target.energy_per_pass_j) << target.name;
    EXPECT_NEAR(target.energy_per_pass_j->mean, run.truth.energies_j[i], 0.0015 * model_j) << target.name;
    EXPECT_NEAR(target.time_per_pass_s->mean / run.truth.times_s[i], 1, 0.06) << target.name;
    EXPECT_TRUE(target.precision_reached) << target.name;
    EXPECT_TRUE(target.statuses.empty()) << target.name << ": " << target.statuses.front();
  }
  EXPECT_NEAR(run.result.rounds.energy_closure->ratio, 1, 0.003);
  EXPECT_NEAR(run.result.rounds.time_closure->ratio, 1, 0.003);
  const Window& first = run.result.rounds.windows.front();
  ASSERT_TRUE(run.result.rounds.begun_s);
  EXPECT_LT(*run.result.rounds.begun_s + 0.1, first.begin_s - first.lead_in_s) << "a probe comes before it";
  EXPECT_NEAR(run.result.rounds.perturbation->ratio, testing::simulated_perturbation, 1e-3);
  EXPECT_NEAR(run.result.weighing.homogeneity->ratio, 1, 1e-3);
  EXPECT_NEAR(run.result.rounds.sensors->mean, 1, 1e-3);
  EXPECT_GT(run.result.fraction, 0.7) << "little bends";
  EXPECT_EQ(run.result.passes, 8);
  EXPECT_EQ(run.result.weighing.pairs, 8);
  EXPECT_EQ(run.result.rounds.rounds, 8) << "the fewest allowed";
}

TEST(RunWeighing, RunsEveryRowAndReferenceInEveryRound) {
  const MixModel model = bert_like_mix();
  const WeighingRun run = run_simulated_weighing(model, disturbed(), {});
  std::set<std::string> doses;
  std::size_t dosed = 0;
  std::size_t chains = 0;
  for (const Window& window : run.result.rounds.windows) {
    chains += window.target == "chain" ? 1 : 0;
    if (!window.doses) continue;
    ++dosed;
    doses.insert(*window.doses);
    EXPECT_EQ(window.doses->size(), model.calls.size() * 8);
  }
  const auto rounds = static_cast<std::size_t>(run.result.rounds.rounds);
  std::size_t expected = 0;
  for (std::size_t round = 0; round < rounds; ++round) expected += round % 3 == 2 ? 4 : 6;
  EXPECT_EQ(dosed, expected) << "a design of eight pairs in three rounds";
  EXPECT_EQ(doses.size(), dosed) << "cells are drawn afresh in every pair";
  EXPECT_EQ(chains, rounds) << "the one before the first round is none of them";
}

TEST(RunWeighing, ACostThatNothingDosesShowsInClosureAndHomogeneity) {
  MixModel model = bert_like_mix();
  model.fixed = 0.05;
  const WeighingRun run = run_simulated_weighing(model, {}, {});
  EXPECT_NEAR(run.result.rounds.energy_closure->ratio, 1 / 1.05, 0.003);
  EXPECT_NEAR(run.result.weighing.homogeneity->ratio, 2.05 / 2.1, 1e-3);
}

TEST(RunWeighing, CurvatureAndInteractionsAreTold) {
  MixModel model = bert_like_mix();
  EXPECT_NEAR(run_simulated_weighing(model, {}, {}).result.weighing.curvature->ratio, 0, 1e-3);
  model.cache = 0.3;
  const WeighingRun run = run_simulated_weighing(model, {}, patient());
  EXPECT_LT(run.result.weighing.curvature->ratio, -0.005);
  EXPECT_GT(*run.result.weighing.interactions_rms, 0.003);
}

TEST(RunWeighing, LayersSumToTheirComponentAndTellWhichIsDearer) {
  MixModel model = bert_like_mix();
  for (std::size_t call = 0; call < 12; ++call) {
    if (call % 2 == 1) {
      model.calls[call].energy_j *= 1.5;
      model.calls[call].time_s *= 1.5;
    }
  }
  RoundsOptions options = patient();
  options.min_rounds = 40;  // as many windows as tell calls apart
  const WeighingRun run = run_simulated_weighing(model, {}, options);
  const auto& layers = run.result.weighing.layers;
  ASSERT_EQ(layers.size(), model.calls.size());
  double sum_j = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(layers[i].component, "attention");
    EXPECT_EQ(layers[i].layer, i);
    sum_j += layers[i].energy_j.mean;
    EXPECT_NEAR(layers[i].energy_j.mean, run.truth.layer_energies_j[i], 2 * *layers[i].energy_j.half_width) << i;
    if (i % 2 == 1) {
      EXPECT_GT(layers[i].energy_j.mean, 1.15 * layers[i - 1].energy_j.mean)
          << "half as much again, less the shrinking";
    }
  }
  EXPECT_NEAR(sum_j / run.estimate.marginals_j[0].mean, 1, 1e-6);
}

TEST(RunWeighing, TheSameSeedsGiveTheSameResult) {
  const WeighingRun first = run_simulated_weighing(bert_like_mix(), disturbed(), {});
  const WeighingRun second = run_simulated_weighing(bert_like_mix(), disturbed(), {});
  EXPECT_EQ(first.estimate.marginals_j[0].mean, second.estimate.marginals_j[0].mean);
  EXPECT_EQ(first.result.rounds.elapsed_s, second.result.rounds.elapsed_s);
}

TEST(RunWeighing, MaxTimeEndsItAndSaysSo) {
  RoundsOptions options;
  options.max_time_s = 17;
  const WeighingRun run = run_simulated_weighing(bert_like_mix(), disturbed(), options);
  EXPECT_EQ(run.result.rounds.stop_reason, StopReason::max_time);
  EXPECT_LE(run.result.rounds.elapsed_s, 17.5);
  EXPECT_GE(run.result.rounds.rounds, 4);
  EXPECT_TRUE(target_of(run, "attention").energy_per_pass_j->half_width);
  EXPECT_FALSE(target_of(run, "attention").precision_reached);
}

TEST(RunWeighing, ARoundLongerThanMaxTimeIsRefusedWithItsLength) {
  RoundsOptions options;
  options.max_time_s = 2;
  options.reference_duration_s = 0.25;
  options.dosed_duration_s = 0.2;
  options.dosed_lead_in_s = 0.05;
  const auto thrown = thrown_by([&] { run_simulated_weighing(bert_like_mix(), disturbed(), options); });
  EXPECT_EQ(thrown.kind, ErrorKind::bad_input);
  // three rounds of 6 * (0.2 + 0.05) + 2.5 * (0.25 + 0.05) + 0.5 * (0.25 + 0.15)
  EXPECT_NE(thrown.message.find("at least 7.4 s"), std::string::npos) << thrown.message;
  EXPECT_NE(thrown.message.find("16 dosed windows"), std::string::npos) << thrown.message;
}

TEST(RunWeighing, AnInterruptionKeepsTheFinishedWindows) {
  int asked = 0;
  RoundsWatch watch;
  watch.window.interrupted = [&] { return ++asked > 200; };
  const WeighingRun run = run_simulated_weighing(bert_like_mix(), disturbed(), {}, watch);
  EXPECT_EQ(run.result.rounds.stop_reason, StopReason::interrupted);
  EXPECT_GE(run.result.rounds.windows.size(), 10U);
  EXPECT_FALSE(run.result.rounds.failure_kind);
}

TEST(RunWeighing, ALostDeviceIsToldAndTheFinishedRoundsAreKept) {
  DeviceOptions device = disturbed();
  device.faults.lost_s = begin_s + 14;
  const WeighingRun run = run_simulated_weighing(bert_like_mix(), device, {});
  EXPECT_EQ(run.result.rounds.stop_reason, StopReason::failed);
  EXPECT_EQ(run.result.rounds.failure_kind, ErrorKind::device_lost);
  EXPECT_TRUE(target_of(run, "attention").energy_per_pass_j);
}

TEST(RunWeighing, ASpoiltWindowIsRepeatedWithItsDoses) {
  DeviceOptions device = disturbed();
  const WeighingRun clean = run_simulated_weighing(bert_like_mix(), device, {});
  const auto& before = clean.result.rounds.windows;
  const auto dosed = std::find_if(before.begin(), before.end(), [](const Window& window) {
    return window.round == 1 && window.doses && window.ticks.size() > 1;
  });
  ASSERT_NE(dosed, before.end());
  device.faults.counter_resets_s = dosed->ticks.front().time_s + 0.01;  // shows at the next tick, inside the window
  const WeighingRun run = run_simulated_weighing(bert_like_mix(), device, {});
  const auto& windows = run.result.rounds.windows;
  const auto bad = std::find_if(windows.begin(), windows.end(),
                                [](const Window& window) { return window.status == "counter_went_back"; });
  ASSERT_NE(bad, windows.end());
  const auto again = std::find_if(bad + 1, windows.end(), [&](const Window& window) {
    return window.target == bad->target && window.round == bad->round;
  });
  ASSERT_NE(again, windows.end());
  EXPECT_EQ(again->doses, bad->doses);
  EXPECT_EQ(run.estimate.marginals_j[0].rounds, run.result.rounds.rounds);
}

TEST(RunWeighing, ThePowerCapIsTold) {
  DeviceOptions device = disturbed();
  device.power_cap_w = 200;  // below what every mix of this model draws
  const WeighingRun run = run_simulated_weighing(bert_like_mix(), device, {});
  for (const char* name : {"attention", "mlp", "chain"}) {
    const auto& statuses = target_of(run, name).statuses;
    EXPECT_EQ(std::count(statuses.begin(), statuses.end(), "power_capped"), 1) << name;
  }
  EXPECT_GT(*run.result.weighing.dosed.capped_share, 0.9);
  EXPECT_LT(*run.result.weighing.model.sm_clock_mhz, 1980);
}

TEST(RunWeighing, AMixAtThePowerCapIsSeenInThePilotWhereTheModelIsBelowIt) {
  DeviceOptions device = disturbed();
  device.power_cap_w = 245;  // the model draws 238 W
  const RoundsOptions options = patient();
  const WeighingRun run = run_simulated_weighing(bert_like_mix(), device, options);
  EXPECT_EQ(run.result.fraction, options.capped_fraction);
  double longest_s = 0;
  for (const Window& window : run.result.rounds.windows) {
    if (window.doses) longest_s = std::max(longest_s, window.end_s - window.begin_s);
  }
  EXPECT_GT(longest_s, 0.4);
}

TEST(RunWeighing, SensorsThatDisagreeAreMarked) {
  DeviceOptions device;
  device.samples_gain = 1.05;
  const WeighingRun run = run_simulated_weighing(bert_like_mix(), device, {});
  EXPECT_NEAR(run.result.rounds.sensors->mean, 1 / 1.05, 0.005);
  const auto& statuses = target_of(run, "mlp").statuses;
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), "sensors_disagree"), 1);
}

TEST(RunWeighing, ProgressCountsTheWindowsOfARound) {
  std::vector<Progress> seen;
  RoundsWatch watch;
  watch.progress = [&](const Progress& progress) { seen.push_back(progress); };
  const WeighingRun run = run_simulated_weighing(bert_like_mix(), {}, patient(), watch);
  ASSERT_EQ(seen.size(), run.result.rounds.windows.size());
  EXPECT_EQ(seen.front().planned_rounds, 0);
  EXPECT_EQ(seen.back().windows_done, seen.back().windows_planned);
  EXPECT_NEAR(seen.back().expected_s, run.result.rounds.elapsed_s, 0.05 * run.result.rounds.elapsed_s);
}

}  // namespace
}  // namespace clear_native
