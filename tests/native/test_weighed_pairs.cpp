#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/weighing/weighed_pairs.hpp"
#include "made_weighing.hpp"

namespace clear_native {
namespace {

using testing::linear_cost;
using testing::made_layout;
using testing::made_weighing;

std::vector<WeighedPair> pairs_of(const std::vector<Window>& windows) {
  std::vector<Observations> rows;
  for (const TargetInfo& row : row_targets(made_layout())) rows.push_back(observations_of(windows, row.name));
  return weighed_pairs(windows, rows, made_layout());
}

void lose(std::vector<Window>& windows, int round, const std::string& target) {
  for (Window& window : windows) {
    if (window.round == round && window.target == target) window.energy_per_pass_j.reset();
  }
}

TEST(WeighedPairs, AreHalfDifferencesOfFoldovers) {
  const auto pairs = pairs_of(made_weighing(made_layout(), 3, linear_cost));
  ASSERT_EQ(pairs.size(), 3 * pairs_per_design(made_layout()));
  for (const WeighedPair& pair : pairs) {
    EXPECT_NEAR(pair.energy_j, 6 * pair.component_doses[0] + 2 * pair.component_doses[1], 1e-12);
    EXPECT_NEAR(pair.time_s, 3 * pair.component_doses[0] + 4 * pair.component_doses[1], 1e-12);
    EXPECT_NEAR(pair.mean_energy_j, 9, 1e-12);
    ASSERT_EQ(pair.call_doses.size(), 4U);
    EXPECT_NEAR((pair.call_doses[0] + pair.call_doses[1] + pair.call_doses[2]) / 3, pair.component_doses[0], 1e-12);
  }
}

TEST(WeighedPairs, ALostWindowLosesItsPairAlone) {
  auto windows = made_weighing(made_layout(), 2, linear_cost);
  lose(windows, 1, "dosed 2-");
  const auto pairs = pairs_of(windows);
  EXPECT_EQ(pairs.size(), 2 * pairs_per_design(made_layout()) - 1);
  EXPECT_TRUE(std::none_of(pairs.begin(), pairs.end(),
                           [](const WeighedPair& pair) { return pair.round == 1 && pair.pair == 2; }));
}

TEST(Marginals, OfEveryRound) {
  const Marginals marginals = marginals_of(pairs_of(made_weighing(made_layout(), 3, linear_cost)), 2);
  ASSERT_EQ(marginals.energies_j[0].size(), 3U);
  for (int round = 0; round < 3; ++round) {
    EXPECT_NEAR(marginals.energies_j[0].at(round), 6, 1e-9);
    EXPECT_NEAR(marginals.energies_j[1].at(round), 2, 1e-9);
    EXPECT_NEAR(marginals.times_s[0].at(round), 3, 1e-9);
    EXPECT_NEAR(marginals.times_s[1].at(round), 4, 1e-9);
    EXPECT_NEAR(marginals.lengths_s.at(round), 0.2, 1e-9);
  }
}

TEST(Marginals, ARoundOfOnePairCountsToo) {
  auto windows = made_weighing(made_layout(), 2, linear_cost);
  lose(windows, 0, "dosed 0+");
  lose(windows, 1, "dosed 0+");
  lose(windows, 1, "dosed 1-");
  lose(windows, 1, "dosed 2-");
  const Marginals marginals = marginals_of(pairs_of(windows), 2);
  ASSERT_EQ(marginals.energies_j[0].size(), 2U);
  EXPECT_NEAR(marginals.energies_j[0].at(0), 6, 1e-9);
  EXPECT_NEAR(marginals.energies_j[1].at(1), 2, 1e-9);
  EXPECT_EQ(marginals.freedom_lost, 0);
}

TEST(Marginals, AreEmptyWherePairsDoNotTellComponentsApart) {
  auto windows = made_weighing(made_layout(), 1, linear_cost);
  for (const char* target : {"dosed 0+", "dosed 1-", "dosed 2-"}) lose(windows, 0, target);
  const Marginals marginals = marginals_of(pairs_of(windows), 2);
  EXPECT_TRUE(marginals.energies_j[0].empty());
  EXPECT_TRUE(marginals.lengths_s.empty());
}

TEST(TameEnergies, AWildWindowDoesNotMoveTheMarginals) {
  // Some noise, or the exact ones leave nothing to tell wild pairs by.
  int counted = 0;
  const auto noisy = [&](const Doses& doses) {
    testing::MadeCost cost = linear_cost(doses);
    cost.energy_j *= 1 + 0.001 * ((counted++ * 7) % 5 - 2);
    return cost;
  };
  auto windows = made_weighing(made_layout(), 4, noisy);
  for (Window& window : windows) {
    if (window.round == 2 && window.target == "dosed 1+") window.energy_per_pass_j = *window.energy_per_pass_j * 1.3;
  }
  auto pairs = pairs_of(windows);
  const auto untamed = marginals_of(pairs, 2);
  EXPECT_EQ(tame_energies(pairs, 2), 1);
  const auto tamed_ones = marginals_of(pairs, 2);
  const auto mean = [](const ValueByRound& values) {
    double sum = 0;
    for (const auto& [round, value] : values) sum += value / static_cast<double>(values.size());
    return sum;
  };
  EXPECT_GT(std::abs(mean(untamed.energies_j[0]) - 6), 0.05);
  EXPECT_NEAR(mean(tamed_ones.energies_j[0]), 6, 0.02);
  EXPECT_NEAR(mean(tamed_ones.energies_j[1]), 2, 0.02);
}

}  // namespace
}  // namespace clear_native
