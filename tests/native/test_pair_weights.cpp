#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/weighing/pair_weights.hpp"
#include "core/windows/noise_model.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

using testing::NormalNoise;

/// Two components of 30 and 20 J, in a model of 100 J; pairs scatter by 1 J, and by their beat besides.
std::vector<WeighedPair> pairs_with(const std::vector<double>& beats_j, std::uint64_t seed) {
  NormalNoise noise(seed);
  std::vector<WeighedPair> pairs;
  for (std::size_t i = 0; i < beats_j.size(); ++i) {
    const double first = i % 2 == 0 ? 0.7 : -0.7;
    const double second = i % 4 < 2 ? 0.7 : -0.7;
    const double scatter_j = std::hypot(1.0, beats_j[i]) * noise.normal();
    pairs.push_back({.round = static_cast<int>(i / 3),
                     .pair = static_cast<int>(i),
                     .uniform = false,
                     .component_doses = {first, second},
                     .call_doses = {first, second},
                     .energy_j = 30 * first + 20 * second + scatter_j,
                     .time_s = 1,
                     .beat_j = beats_j[i],
                     .length_s = 0.3,
                     .mean_energy_j = 100});
  }
  return pairs;
}

TEST(EnergyWeights, AreThoseOfTheLengthsWhereNothingBeats) {
  std::vector<WeighedPair> pairs = pairs_with(std::vector<double>(12, 0), 1);
  pairs[3].length_s = 0.6;
  const std::vector<double> weights = energy_weights(pairs, 2);
  EXPECT_EQ(weights, length_weights(pairs));
  EXPECT_NEAR(weights[3] / weights[0], information(0.6, 0.3), 1e-12);
}

TEST(EnergyWeights, FallWithTheBeatAsItsVarianceGrows) {
  std::vector<double> beats_j(60, 0.0);
  for (std::size_t i = 0; i < beats_j.size(); i += 5) beats_j[i] = 3;
  double ratio = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<double> weights = energy_weights(pairs_with(beats_j, seed), 2);
    ratio += weights[0] / weights[1] / 20;
  }
  EXPECT_NEAR(ratio, 1.0 / (1 + 9), 0.03);  // of a variance of 1 J^2
}

TEST(EnergyWeights, FewerPairsThanComponentsStillWeighSomething) {
  const std::vector<double> weights = energy_weights(pairs_with({2.0, 0.0}, 1), 2);
  ASSERT_EQ(weights.size(), 2U);
  EXPECT_GT(weights[0], 0);
  EXPECT_LT(weights[0], weights[1]);
}

TEST(EffectiveCount, IsThatOfAsManyEqualWeights) {
  EXPECT_DOUBLE_EQ(effective_count({2, 2, 2, 2}), 4);
  EXPECT_DOUBLE_EQ(effective_count({1, 1, 0, 0}), 2);
  EXPECT_NEAR(effective_count({1, 0.1}), 1.21 / 1.01, 1e-12);
  EXPECT_EQ(effective_count({}), 0);
}

TEST(EnergyWeights, PairsThatWeighLittleAreNoDegreesOfFreedom) {
  std::vector<double> beats_j(24, 0.0);
  const Marginals even = marginals_of(pairs_with(beats_j, 1), 2);
  EXPECT_NEAR(even.spare_pairs, 22, 1e-9);
  EXPECT_NEAR(even.freedom_lost, 0, 1e-9);
  for (std::size_t i = 0; i < 9; ++i) beats_j[i] = 20;  // three rounds of eight
  const Marginals uneven = marginals_of(pairs_with(beats_j, 1), 2);
  EXPECT_NEAR(uneven.spare_pairs, 13, 0.3);
  EXPECT_NEAR(uneven.freedom_lost, 3, 0.1);
}

TEST(EnergyWeights, MarginalsFollowThePairsThatDoNotBeat) {
  std::vector<double> beats_j(24, 0.0);
  for (std::size_t i = 0; i < 8; ++i) beats_j[i] = 6;
  double with_weights = 0;
  double without = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::vector<WeighedPair> pairs = pairs_with(beats_j, seed);
    for (const bool known : {true, false}) {
      if (!known) {
        for (WeighedPair& pair : pairs) pair.beat_j = 0;
      }
      double mean_j = 0;
      const Marginals marginals = marginals_of(pairs, 2);
      for (const auto& [round, value_j] : marginals.energies_j[0]) mean_j += value_j / 8;
      (known ? with_weights : without) += std::pow(mean_j - 30, 2) / 200;
    }
  }
  EXPECT_LT(with_weights, 0.3 * without);
}

}  // namespace
}  // namespace clear_native
