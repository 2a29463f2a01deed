#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/weighing/weighing_layers.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

const WeighingLayout layout{
    .components = {"a"}, .component_of_call = {0, 0, 0, 0, 0, 0}, .passes = 8, .twin_of_call = {2, 3, 4, 5, 0, 1}};
const std::vector<std::size_t> calls = {0, 1, 2, 3, 4, 5};

struct Made {
  std::vector<WeighedPair> pairs;
  std::vector<double> residuals;
};

/// Pairs of many rounds; calls cost 1 J each and these deviations.
Made made(const std::vector<double>& deviations_j, double noise_j, int rounds, std::uint64_t seed) {
  testing::NormalNoise noise(seed);
  Made result;
  for (int round = 0; round < rounds; ++round) {
    const auto rows = draw_rows(layout, 0.5, seed, round);
    for (std::size_t i = 0; i < rows.size(); i += 2) {
      const std::vector<double> plus = call_doses(layout, rows[i].doses);
      const std::vector<double> minus = call_doses(layout, rows[i + 1].doses);
      WeighedPair pair;
      pair.round = round;
      pair.pair = static_cast<int>(i / 2);
      pair.component_doses = rows[i].component_doses;
      double deviation_j = noise_j * noise.normal();
      for (std::size_t call = 0; call < calls.size(); ++call) {
        pair.call_doses.push_back((plus[call] - minus[call]) / 2);
        deviation_j += pair.call_doses.back() * deviations_j[call];
      }
      result.pairs.push_back(pair);
      result.residuals.push_back(deviation_j);
    }
  }
  return result;
}

TEST(CallDeviations, AreFoundWhereTheyAreLarge) {
  const std::vector<double> truth_j = {0.3, -0.2, 0.1, -0.3, 0.2, -0.1};
  const Made profile = made(truth_j, 0.01, 20, 3);
  const auto deviations = call_deviations(profile.pairs, profile.residuals, calls, 1);
  ASSERT_EQ(deviations.size(), 6U);
  double sum = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(deviations[i].mean, truth_j[i], 4 * deviations[i].standard_error) << i;
    EXPECT_LT(deviations[i].standard_error, 0.05);
    sum += deviations[i].mean;
  }
  EXPECT_NEAR(sum, 0, 1e-9);
}

TEST(CallDeviations, ShrinkWhereNoiseHidesThem) {
  const Made profile = made({0.03, -0.02, 0.01, -0.03, 0.02, -0.01}, 0.5, 10, 5);
  const auto deviations = call_deviations(profile.pairs, profile.residuals, calls, 1);
  for (const CallDeviation& deviation : deviations) {
    EXPECT_LT(std::abs(deviation.mean), 0.2);
    EXPECT_GT(deviation.standard_error, 0) << "what shrinking left out stays in the error";
  }
}

TEST(CallDeviations, TheirErrorsAreHonest) {
  int covered = 0;
  int all = 0;
  testing::NormalNoise spread(77);
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    std::vector<double> truth_j;
    for (int i = 0; i < 6; ++i) truth_j.push_back(0.1 * spread.normal());
    const double mean_j = std::accumulate(truth_j.begin(), truth_j.end(), 0.0) / 6;
    for (double& deviation_j : truth_j) deviation_j -= mean_j;
    const Made profile = made(truth_j, 0.1, 10, seed);
    const auto deviations = call_deviations(profile.pairs, profile.residuals, calls, 1);
    for (std::size_t i = 0; i < 6; ++i) {
      ++all;
      covered += std::abs(deviations[i].mean - truth_j[i]) <= 1.96 * deviations[i].standard_error ? 1 : 0;
    }
  }
  EXPECT_GE(covered, 0.92 * all);
}

TEST(CallDeviations, OfOneCallOrNoPairsAreNothing) {
  EXPECT_EQ(call_deviations({}, {}, calls, 1).front().mean, 0);
  const Made profile = made({0, 0, 0, 0, 0, 0}, 0.1, 4, 1);
  const auto single = call_deviations(profile.pairs, profile.residuals, {2}, 1);
  ASSERT_EQ(single.size(), 1U);
  EXPECT_EQ(single[0].mean, 0);
  EXPECT_EQ(single[0].standard_error, 0);
}

TEST(CallDeviations, EqualCallsWithoutNoiseStayEqual) {
  const Made profile = made({0, 0, 0, 0, 0, 0}, 0, 8, 2);
  for (const CallDeviation& deviation : call_deviations(profile.pairs, profile.residuals, calls, 1)) {
    EXPECT_NEAR(deviation.mean, 0, 1e-9);
    EXPECT_LT(deviation.standard_error, 0.02);
  }
}

}  // namespace
}  // namespace clear_native
