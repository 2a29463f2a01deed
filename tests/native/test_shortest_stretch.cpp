#include <gtest/gtest.h>

#include <cmath>

#include "core/sensor/shortest_stretch.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

std::vector<EnergyPoint> noisy_energy(double noise, int count = 400, double drift = 0) {
  testing::NormalNoise numbers(3);
  double energy_j = 0;
  std::vector<EnergyPoint> found = {{0, 0}};
  for (int i = 1; i < count; ++i) {
    energy_j += 120 * (1 + drift * i / count) * (1 + noise * numbers.normal()) * 0.02;
    found.push_back({0.02 * i, energy_j});
  }
  return found;
}

TEST(ShortestStretch, FollowsTheNoise) {
  EXPECT_NEAR(shortest_stretch_s(noisy_energy(0.001)).value(), 0.02, 1e-9);
  const double needed_s = 0.02 * std::pow(1.96 * 0.02 / 0.01, 2);  // white noise of 2 % a sample
  EXPECT_NEAR(shortest_stretch_s(noisy_energy(0.02)).value(), needed_s, 0.5 * needed_s);
  EXPECT_FALSE(shortest_stretch_s(noisy_energy(0.3)).has_value());
}

TEST(ShortestStretch, AWiderToleranceNeedsLess) {
  const auto energy = noisy_energy(0.02);
  EXPECT_LT(shortest_stretch_s(energy, 0.03).value(), shortest_stretch_s(energy, 0.01).value());
}

TEST(ShortestStretch, WarmingUpIsNoNoise) {
  EXPECT_NEAR(shortest_stretch_s(noisy_energy(0.001, 400, 0.05)).value(), 0.02, 1e-9);
}

TEST(ShortestStretch, OneThatBeatsWithTheSensorByLuckIsNotEnough) {
  std::vector<EnergyPoint> swinging = {{0, 0}};  // every second step makes up for the one before it
  for (int i = 1; i < 400; ++i) {
    swinging.push_back({0.02 * i, swinging.back().energy_j + (i % 2 == 0 ? 110 : 130) * 0.02});
  }
  EXPECT_GT(shortest_stretch_s(swinging).value(), 0.04 + 1e-9) << "two steps are exact, three are not";
}

TEST(ShortestStretch, TooLittleToTell) {
  EXPECT_FALSE(shortest_stretch_s({}).has_value());
  EXPECT_FALSE(shortest_stretch_s(noisy_energy(0.001, 10)).has_value());
}

}  // namespace
}  // namespace clear_native
