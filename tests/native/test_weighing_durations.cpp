#include <gtest/gtest.h>

#include "core/weighing/weighing_durations.hpp"

namespace clear_native {
namespace {

constexpr std::size_t rows = 12;
MeterTraits traits_with(double period_s, bool has_power_samples, bool estimated) {
  MeterTraits traits;
  traits.period_s = period_s;
  traits.has_power_samples = has_power_samples;
  traits.estimated = estimated;
  return traits;
}

const MeterTraits sensor = traits_with(0.1, true, false);
const MeterTraits estimate = traits_with(0, false, true);
const Probed capped{.launch_s = std::nullopt, .power_capped = true};

const std::vector<Target> references = {{.name = "plain", .role = TargetRole::plain},
                                        {.name = "chain", .role = TargetRole::preserved},
                                        {.name = "own", .role = TargetRole::component, .duration_s = 0.7},
                                        {.name = "idle", .role = TargetRole::idle}};

WeighingDurations probed(const MeterTraits& traits, const Probed& probe, double left_s,
                         const RoundsOptions& options = {}) {
  return probed_durations(weighing_durations(references, options, traits), references, options, traits, probe, rows,
                          left_s);
}

TEST(WeighingDurations, WhatIsNearTheModelNeedsLessLeadInThanTheRest) {
  const RoundsOptions options;
  const WeighingDurations durations = weighing_durations(references, options, sensor);
  EXPECT_EQ(durations.dosed.duration_s, options.dosed_duration_s);
  EXPECT_EQ(durations.dosed.lead_in_min_s, options.dosed_lead_in_s);
  EXPECT_EQ(durations.dosed.lead_in_max_s, options.dosed_lead_in_s);
  for (const std::size_t near : {0U, 1U}) {
    EXPECT_EQ(durations.references[near].lead_in_min_s, options.dosed_lead_in_s);
    EXPECT_EQ(durations.references[near].lead_in_max_s, options.near_lead_in_max_s);
    EXPECT_EQ(durations.references[near].duration_s, options.reference_duration_s);
  }
  for (const std::size_t other : {2U, 3U}) {
    EXPECT_EQ(durations.references[other].lead_in_min_s, options.window.lead_in_min_s);
    EXPECT_EQ(durations.references[other].lead_in_max_s, options.window.lead_in_max_s);
  }
  EXPECT_EQ(durations.references[2].duration_s, 0.7);
  EXPECT_EQ(durations.repeats, (std::vector<int>{1, 1, 1, 1}));
  EXPECT_EQ(durations.every, (std::vector<int>{1, 1, 1, 2}));
  EXPECT_EQ(durations.after_other_min_s, options.window.lead_in_min_s);
  EXPECT_EQ(durations.after_other_max_s, options.window.lead_in_max_s);
}

TEST(WeighingDurations, AMeterWithoutSamplesNeedsWindowsOfFiveTicks) {
  MeterTraits traits = sensor;
  traits.has_power_samples = false;
  const WeighingDurations durations = weighing_durations(references, {}, traits);
  EXPECT_GE(durations.dosed.duration_s, 5 * traits.period_s);
  EXPECT_GE(durations.references[0].duration_s, 5 * traits.period_s);
  EXPECT_GE(durations.probe.duration_s, 5 * traits.period_s);
}

TEST(WeighingDurations, AnEstimateNeedsNoLeadInAndShortWindows) {
  const WeighingDurations durations = weighing_durations(references, {}, estimate);
  EXPECT_EQ(durations.dosed.duration_s, 0.03);
  EXPECT_EQ(durations.dosed.lead_in_max_s, 0.002);
  EXPECT_EQ(durations.references[1].duration_s, 0.05);
  EXPECT_EQ(durations.references[3].lead_in_max_s, 0.002);
  EXPECT_EQ(durations.after_other_max_s, 0);
  EXPECT_LE(durations.probe.lead_in_max_s + durations.probe.duration_s, 0.1);
  EXPECT_LT(shortest_round_s(durations, rows), 1.4) << "0.7 s of it are what the caller asked for";
}

TEST(WeighingDurations, ShorterThanAnEstimateNeedsIsLeft) {
  RoundsOptions options;
  options.dosed_duration_s = 0.01;
  options.dosed_lead_in_s = 0;
  options.reference_duration_s = 0.02;
  const WeighingDurations durations = weighing_durations(references, options, estimate);
  EXPECT_EQ(durations.dosed.duration_s, 0.01);
  EXPECT_EQ(durations.dosed.lead_in_max_s, 0);
  EXPECT_EQ(durations.references[0].duration_s, 0.02);
}

TEST(ProbedDurations, AreSeveralLaunchesLong) {
  const WeighingDurations durations = probed(sensor, {.launch_s = 0.1, .power_capped = false}, 1000);
  EXPECT_DOUBLE_EQ(durations.dosed.duration_s, 0.6);
  EXPECT_DOUBLE_EQ(durations.references[0].duration_s, 0.6);
  EXPECT_EQ(durations.references[2].duration_s, 0.7) << "as given";
  EXPECT_EQ(durations.references[3].duration_s, RoundsOptions{}.reference_duration_s) << "idling has no launches";
  EXPECT_DOUBLE_EQ(probed(estimate, {.launch_s = 0.1, .power_capped = false}, 1000).dosed.duration_s, 0.3);
}

TEST(ProbedDurations, ShortLaunchesAndAProbeThatToldNothingChangeNothing) {
  for (const Probed& probe : {Probed{.launch_s = 0.001, .power_capped = false}, Probed{}}) {
    const WeighingDurations durations = probed(sensor, probe, 1000);
    EXPECT_EQ(durations.dosed.duration_s, RoundsOptions{}.dosed_duration_s);
    EXPECT_EQ(durations.dosed.lead_in_min_s, RoundsOptions{}.dosed_lead_in_s);
  }
}

TEST(ProbedDurations, ThePowerCapTakesLongerLeadInsAndWindows) {
  const WeighingDurations durations = probed(sensor, capped, 1000);
  EXPECT_EQ(durations.dosed.lead_in_min_s, 0.25);
  EXPECT_EQ(durations.dosed.lead_in_max_s, 0.25);
  EXPECT_DOUBLE_EQ(durations.dosed.duration_s, 0.5);
  EXPECT_EQ(durations.references[1].lead_in_min_s, 0.25);
  EXPECT_EQ(durations.references[1].lead_in_max_s, 0.25);
  EXPECT_DOUBLE_EQ(durations.references[1].duration_s, 0.5);
}

TEST(ProbedDurations, AtThePowerCapWindowsGrowAsFarAsTheFewestRoundsFit) {
  const RoundsOptions options;
  const double shortest_s = shortest_round_s(probed(sensor, capped, 0), rows);
  EXPECT_DOUBLE_EQ(probed(sensor, capped, 0).dosed.duration_s, options.dosed_duration_s);
  const double left_s = options.min_rounds * (shortest_s + 1);
  const WeighingDurations durations = probed(sensor, capped, left_s);
  EXPECT_GT(durations.dosed.duration_s, options.dosed_duration_s);
  EXPECT_LT(durations.dosed.duration_s, 0.5);
  EXPECT_NEAR(shortest_round_s(durations, rows) * options.min_rounds, left_s, 1e-9);
}

TEST(ShortestRound, CountsEveryWindow) {
  RoundsOptions options;
  options.window.lead_in_min_s = 0.2;
  options.dosed_duration_s = 0.2;
  options.dosed_lead_in_s = 0.05;
  const WeighingDurations durations = weighing_durations(references, options, sensor);
  // 12 dosed, plain and chain; own; idle in every other round
  EXPECT_NEAR(shortest_round_s(durations, rows), 12 * 0.25 + 2 * 0.25 + 0.9 + 0.4 / 2, 1e-9);
}

}  // namespace
}  // namespace clear_native
