#include <gtest/gtest.h>

#include <cmath>

#include "core/sensor/step_response.hpp"

namespace clear_native {
namespace {

const std::vector<LoadEdge> edges = {{2.0, true},   {4.03, false}, {6.11, true},
                                     {8.04, false}, {10.17, true}, {12.09, false}};

double power_w(double time_s) {
  bool on = false;
  for (const LoadEdge& edge : edges) on = edge.time_s <= time_s ? edge.on : on;
  return on ? 600 : 100;
}

/// A trailing mean, seen late, that changes every period.
std::vector<PowerSample> field(double averaging_s, double delay_s, double period_s) {
  constexpr double poll_s = 0.004;
  constexpr int parts = 200;
  std::vector<PowerSample> found;
  for (int i = 0; i < static_cast<int>(14 / poll_s); ++i) {
    const double updated_s = std::floor(i * poll_s / period_s) * period_s - delay_s;
    double sum_w = 0;
    for (int part = 0; part < parts; ++part) sum_w += power_w(updated_s - averaging_s * (part + 0.5) / parts);
    found.push_back({i * poll_s, sum_w / parts});
  }
  return found;
}

struct Trailing {
  double averaging_s;
  double delay_s;
  double period_s;
};

class TrailingMean : public ::testing::TestWithParam<Trailing> {};

TEST_P(TrailingMean, IsFound) {
  const auto [averaging_s, delay_s, period_s] = GetParam();
  const auto found = step_response(field(averaging_s, delay_s, period_s), edges, period_s);
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(found->lag_s, delay_s + (averaging_s + period_s) / 2, 0.25 * period_s + 0.01);
  EXPECT_NEAR(found->averaging_s.value(), averaging_s, 0.1 * averaging_s);
}

INSTANTIATE_TEST_SUITE_P(StepResponse, TrailingMean,
                         ::testing::Values(Trailing{1.0, 0.0, 0.1}, Trailing{0.5, 0.05, 0.02},
                                           Trailing{0.2, 0.3, 0.004}, Trailing{0.1, 0.0, 0.02}));

TEST(StepResponse, AFieldThatOnlyChangesRarelyAveragesOverNothingThatCanBeTold) {
  const auto found = step_response(field(0, 0, 0.1), edges, 0.1);
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->averaging_s.has_value());
  EXPECT_NEAR(found->lag_s, 0.05, 0.03);
}

TEST(StepResponse, AFieldThatIsNotThereBeforeItsPhaseEndsHasNoLag) {
  EXPECT_FALSE(step_response(field(4, 0, 0.02), edges, 0.02).has_value());
}

TEST(StepResponse, NoStepNoLag) {
  std::vector<PowerSample> flat;
  for (int i = 0; i < 3000; ++i) flat.push_back({0.004 * i, 100});
  EXPECT_FALSE(step_response(flat, edges, std::nullopt).has_value());
  EXPECT_FALSE(step_response(flat, {}, std::nullopt).has_value());
  EXPECT_FALSE(step_response(std::vector<PowerSample>{{0, 100}}, edges, std::nullopt).has_value());
  EXPECT_FALSE(step_response({}, edges, std::nullopt).has_value());
  for (PowerSample& value : flat) value.power_w = 0;
  EXPECT_FALSE(step_response(flat, edges, std::nullopt).has_value()) << "no power at all";
}

}  // namespace
}  // namespace clear_native
