#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/weighing/weighing_estimate.hpp"
#include "made_weighing.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

using testing::linear_cost;
using testing::made_layout;
using testing::made_references;
using testing::made_weighing;
using testing::MadeCost;

constexpr std::size_t first_component = 4;  // after the references

WeighedRounds estimated(const std::vector<Window>& windows) {
  return estimate_weighing(windows, made_references(), made_layout(), {});
}

TEST(EstimateWeighing, GivesEveryComponentItsMarginals) {
  const WeighedRounds weighed = estimated(made_weighing(made_layout(), 6, linear_cost));
  ASSERT_EQ(weighed.rounds.targets.size(), first_component + 2);
  const TargetEstimate& a = weighed.rounds.targets[first_component];
  EXPECT_EQ(a.name, "a");
  EXPECT_NEAR(a.energy_per_pass_j->mean, 6, 1e-6);
  EXPECT_NEAR(*a.energy_per_pass_j->half_width, 0, 1e-5);
  EXPECT_EQ(a.energy_per_pass_j->rounds, 6);
  EXPECT_NEAR(a.time_per_pass_s->mean, 3, 1e-9);
  EXPECT_NEAR(a.power_w->mean, 2, 1e-6);
  EXPECT_NEAR(a.energy_above_idle_j->mean, 6 - 0.5 * 3, 1e-6);
  EXPECT_TRUE(a.precision_reached);
  EXPECT_NEAR(*a.required_half_width_j, 0.06, 1e-6);
  EXPECT_TRUE(a.statuses.empty());
  const TargetEstimate& b = weighed.rounds.targets[first_component + 1];
  EXPECT_NEAR(b.energy_per_pass_j->mean, 2, 1e-6);
  EXPECT_NEAR(b.power_w->mean, 0.5, 1e-6);
  EXPECT_EQ(weighed.weighing.pairs, 4);
  EXPECT_EQ(weighed.marginals_j.size(), 2U);
  EXPECT_NEAR(weighed.model_energy_j, 9, 1e-6);
}

TEST(EstimateWeighing, ClosuresAreAgainstTheChain) {
  const WeighedRounds weighed = estimated(made_weighing(made_layout(), 6, linear_cost));
  EXPECT_NEAR(weighed.rounds.energy_closure->ratio, 8.0 / 9, 1e-6) << "1 J is in no component";
  EXPECT_NEAR(weighed.rounds.time_closure->ratio, 7.0 / 8, 1e-6);
  EXPECT_NEAR(weighed.rounds.perturbation->ratio, 1 / 0.9 - 1, 1e-6);
  EXPECT_NEAR(weighed.weighing.homogeneity->ratio, 17.0 / 18, 1e-6);
  EXPECT_NEAR(weighed.weighing.time_homogeneity->ratio, 15.0 / 16, 1e-6);
  EXPECT_NEAR(weighed.weighing.curvature->ratio, 0, 1e-6);
  EXPECT_NEAR(*weighed.weighing.interactions_rms, 0, 1e-6);
}

std::vector<Window> with_beating_chains(int beating) {
  std::vector<Window> windows = made_weighing(made_layout(), 10, linear_cost);
  for (Window& window : windows) {
    if (window.target != "chain") continue;
    window.expected_beat = 0.004;
    if (beating-- <= 0) continue;
    window.expected_beat = 0.15;
    window.energy_per_pass_j = 0.8 * *window.energy_per_pass_j;
  }
  return windows;
}

TEST(EstimateWeighing, WindowsOfTheModelThatBeatWithTheSensorCountForNothing) {
  EXPECT_NEAR(estimated(with_beating_chains(4)).model_energy_j, 9, 1e-6);
  EXPECT_LT(estimated(with_beating_chains(5)).model_energy_j, 8.9) << "half of them: there is no telling";
}

TEST(EstimateWeighing, TheClosureIsAsSureAsTheComponents) {
  testing::NormalNoise normal(3);
  std::vector<Window> windows = made_weighing(made_layout(), 5, linear_cost);
  for (Window& window : windows) window.energy_per_pass_j = *window.energy_per_pass_j * (1 + 0.01 * normal.normal());
  const WeighedRounds weighed = estimated(windows);
  double squares = 0;
  for (const Interval& marginal : weighed.marginals_j) squares += std::pow(*marginal.half_width, 2);
  const Interval& model = *weighed.rounds.targets.front().energy_per_pass_j;
  const double expected = std::hypot(std::sqrt(squares) / (weighed.rounds.energy_closure->ratio * model.mean),
                                     *model.half_width / model.mean);
  EXPECT_NEAR(*weighed.rounds.energy_closure->half_width / expected, 1, 0.15);
}

TEST(EstimateWeighing, WhatCannotBeDosedJoinsTheClosureAsMeasured) {
  std::vector<TargetInfo> references = made_references();
  references.push_back({.name = "rest", .role = TargetRole::component});
  std::vector<Window> windows = made_weighing(made_layout(), 6, linear_cost);
  for (int round = 0; round < 6; ++round) {
    windows.push_back(testing::made_window("rest", round, 1100 + 0.4 * round, 1, 1));
  }
  const WeighedRounds weighed = estimate_weighing(windows, references, made_layout(), {});
  EXPECT_NEAR(weighed.rounds.energy_closure->ratio, 1, 1e-6);
  EXPECT_NEAR(weighed.rounds.time_closure->ratio, 1, 1e-6);
  EXPECT_NEAR(weighed.weighing.homogeneity->ratio, 1, 1e-6) << "it ran once also where everything else is doubled";
  EXPECT_EQ(weighed.rounds.targets[4].name, "rest");
  EXPECT_EQ(weighed.rounds.targets[5].name, "a");
}

TEST(EstimateWeighing, CurvatureCancelsAndIsTold) {
  // b costs more where it runs more often: 2 J more per squared dose; interactions of 0.5 J.
  const auto weighed = estimated(made_weighing(made_layout(), 6, [](const Doses& doses) {
    const std::vector<double> of = component_doses(made_layout(), doses);
    MadeCost cost = linear_cost(doses);
    cost.energy_j += 2 * of[1] * of[1] + 0.5 * of[0] * of[1];
    return cost;
  }));
  EXPECT_NEAR(weighed.marginals_j[0].mean, 6, 0.01);
  EXPECT_NEAR(weighed.marginals_j[1].mean, 2, 0.01);
  EXPECT_NEAR(weighed.weighing.curvature->ratio, 2 * 0.25 / 9, 0.002);
  EXPECT_NEAR(*weighed.weighing.interactions_rms, 0.5 * 0.25 / 9, 0.002);
}

TEST(EstimateWeighing, UniformPairsAreNoPartOfCurvatureAndInteractions) {
  WeighingLayout layout = made_layout();
  layout.uniform_pairs = 2;
  const auto windows = made_weighing(layout, 6, [](const Doses& doses) {
    const std::vector<double> of = component_doses(made_layout(), doses);
    MadeCost cost = linear_cost(doses);
    cost.energy_j += 0.5 * of[0] * of[1];
    return cost;
  });
  const WeighedRounds weighed = estimate_weighing(windows, made_references(), layout, {});
  EXPECT_EQ(weighed.weighing.pairs, 6);
  EXPECT_NEAR(weighed.marginals_j[0].mean, 6, 0.01);
  EXPECT_NEAR(weighed.weighing.curvature->ratio, 0, 0.002) << "with them 0.5 * 0.25 * (2 of 6 pairs) / 9 = 0.005";
  EXPECT_NEAR(*weighed.weighing.interactions_rms, 0.5 * 0.25 / 9, 0.002);
}

TEST(EstimateWeighing, NoiseIsNoInteraction) {
  testing::NormalNoise noise(4);
  double sum = 0;
  constexpr int profiles = 40;
  for (int i = 0; i < profiles; ++i) {
    const auto weighed = estimated(made_weighing(made_layout(), 8, [&](const Doses& doses) {
      MadeCost cost = linear_cost(doses);
      cost.energy_j *= 1 + 0.01 * noise.normal();
      return cost;
    }));
    sum += *weighed.weighing.interactions_rms;
  }
  EXPECT_LT(sum / profiles, 0.002) << "1 % of noise in 8 rounds leaves 0.25 % in a row's mean, which is taken out";
}

TEST(EstimateWeighing, ComponentsShareTheNoiseOfTheirWindows) {
  testing::NormalNoise noise(9);
  const auto weighed = estimated(made_weighing(made_layout(), 8, [&](const Doses& doses) {
    MadeCost cost = linear_cost(doses);
    cost.energy_j *= 1 + 0.01 * noise.normal();
    return cost;
  }));
  const double a_j = weighed.marginals_j[0].standard_deviation;
  const double b_j = weighed.marginals_j[1].standard_deviation;
  EXPECT_NEAR(a_j / b_j, 1, 0.35);
  EXPECT_NEAR((a_j + b_j) / 2, 0.09 / std::sqrt(2.0) / std::sqrt(4.0) / 0.5, 0.025) << "noise of a window is 0.09 J";
}

TEST(EstimateWeighing, ARepeatedChainCountsOncePerRound) {
  std::vector<Window> windows = made_weighing(made_layout(), 6, linear_cost);
  const std::size_t before = windows.size();
  for (std::size_t i = 0; i < before; ++i) {
    if (windows[i].target == "chain") windows.push_back(windows[i]);
  }
  const WeighedRounds weighed = estimated(windows);
  EXPECT_EQ(weighed.rounds.targets[0].energy_per_pass_j->rounds, 6);
}

TEST(EstimateWeighing, DosedWindowsSpeakForAllComponents) {
  std::vector<Window> windows = made_weighing(made_layout(), 6, linear_cost);
  for (Window& window : windows) {
    window.operating_point = OperatingPoint{.sm_clock_mhz = window.doses ? 1500.0 : 1600.0,
                                            .memory_clock_mhz = 2600,
                                            .temperature_c = 50,
                                            .throttle_reasons = window.doses ? 0x4U : 0U};
  }
  const WeighedRounds weighed = estimated(windows);
  for (std::size_t i = first_component; i < weighed.rounds.targets.size(); ++i) {
    const auto& statuses = weighed.rounds.targets[i].statuses;
    EXPECT_EQ(std::count(statuses.begin(), statuses.end(), "power_capped"), 1);
    EXPECT_EQ(std::count(statuses.begin(), statuses.end(), "clocks_apart"), 1);
  }
  EXPECT_TRUE(weighed.rounds.targets[0].statuses.empty());
  EXPECT_EQ(weighed.weighing.dosed.sm_clock_mhz, 1500);
  EXPECT_EQ(weighed.weighing.dosed.capped_share, 1);
  EXPECT_EQ(weighed.weighing.model.sm_clock_mhz, 1600);
  EXPECT_EQ(weighed.weighing.model.memory_clock_mhz, 2600);
  EXPECT_EQ(weighed.weighing.model.temperature_c, 50);
  EXPECT_EQ(weighed.weighing.model.capped_share, 0);
  EXPECT_NEAR(*weighed.weighing.model.power_w, 9.0 / 8, 1e-9);
}

TEST(EstimateWeighing, SensorsAreComparedOverTheWholeProfile) {
  std::vector<Window> windows = made_weighing(made_layout(), 6, linear_cost);
  for (Window& window : windows) testing::add_readings(window, 240, 1.03);
  const WeighedRounds weighed = estimated(windows);
  ASSERT_TRUE(weighed.rounds.sensors);
  EXPECT_NEAR(weighed.rounds.sensors->mean, 1.03, 1e-9);
  EXPECT_EQ(weighed.rounds.sensors->rounds, static_cast<int>(windows.size()));
  const auto& statuses = weighed.rounds.targets[first_component].statuses;
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), "sensors_disagree"), 1);
}

TEST(EstimateWeighing, WithoutWindowsThereAreNoNumbers) {
  const WeighedRounds weighed = estimated({});
  EXPECT_FALSE(weighed.rounds.energy_closure);
  EXPECT_FALSE(weighed.weighing.homogeneity);
  EXPECT_FALSE(weighed.weighing.interactions_rms);
  EXPECT_TRUE(weighed.weighing.layers.empty());
  EXPECT_FALSE(weighed.weighing.model.power_w);
  const TargetEstimate& a = weighed.rounds.targets[first_component];
  EXPECT_FALSE(a.energy_per_pass_j);
  EXPECT_EQ(a.statuses, std::vector<std::string>{"not_measured"});
}

}  // namespace
}  // namespace clear_native
