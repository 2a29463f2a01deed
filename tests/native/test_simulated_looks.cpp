#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "simulated_bench.hpp"
#include "simulated_mix.hpp"

namespace clear_native::testing {
namespace {

/// Of a second of work whose power alternates between 120 and 360 W, half a pass each.
std::vector<double> samples_of(const SensorLooks& looks, double pass_s) {
  DeviceOptions options;
  options.looks = looks;
  SimulatedBench bench(options, {.power_w = 240, .time_s = pass_s}, std::ceil(1.2 / pass_s));
  bench.workload.set_shape({{{.time_s = 1, .power_w = 120}, {.time_s = 1, .power_w = 360}}, 1});
  bench.workload.launch();
  bench.clock->advance_to(bench_begin_s + 0.1);
  bench.device.power_samples();
  bench.clock->advance_to(bench_begin_s + 1.1);
  std::vector<double> samples_w;
  for (const PowerSample& sample : bench.device.power_samples()) samples_w.push_back(sample.power_w);
  return samples_w;
}

double mean_of(const std::vector<double>& values) {
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  return mean;
}

double spread_of(const std::vector<double>& values) {
  double squares = 0;
  for (const double value : values)
    squares += std::pow(value - mean_of(values), 2) / static_cast<double>(values.size());
  return std::sqrt(squares);
}

TEST(SimulatedLooks, WorkInStepIsReadAsItHappensToLie) {
  const SensorLooks steady{.period_s = 0.8e-3, .unsteady_s = 0};
  const std::vector<double> in_step = samples_of(steady, 0.8e-3);
  ASSERT_EQ(in_step.size(), 50U);
  EXPECT_NEAR(spread_of(in_step), 0, 1e-3);
  EXPECT_GT(std::abs(mean_of(in_step) - 240), 10);
}

TEST(SimulatedLooks, OtherWorkIsReadRightOnTheMean) {
  const std::vector<double> beating = samples_of({.period_s = 0.8e-3, .unsteady_s = 0}, 0.81e-3);  // 15 Hz
  EXPECT_GT(spread_of(beating), 30);
  EXPECT_NEAR(mean_of(beating), 240, 8);
  const std::vector<double> apart = samples_of({.period_s = 0.8e-3}, 0.6e-3);
  EXPECT_NEAR(mean_of(apart), 240, 8);
  EXPECT_GT(spread_of(apart), 5) << "unsteady looks see by chance";
}

TEST(SimulatedLooks, ASensorThatLooksAllTheTimeSeesTheMean) {
  const std::vector<double> samples_w = samples_of({}, 0.8e-3);
  EXPECT_NEAR(spread_of(samples_w), 0, 1e-6);
  EXPECT_NEAR(mean_of(samples_w), 240, 1e-6);
}

TEST(SimulatedLooks, DosedCallsRunInOrderAndDoubledOnesWithTheirTwins) {
  const MixModel model = in_layers(bert_like_mix());
  Doses doses = uniform_doses(model, 0);
  doses[0] = 1;
  doses[1] = -1;
  const std::vector<CallRun> runs = model.runs_of_doses(doses);
  ASSERT_EQ(runs.size(), doses.size());
  EXPECT_EQ(runs[0].call, 0U);
  EXPECT_EQ(runs[1].call, model.twins[0]);
  EXPECT_EQ(model.calls[runs[1].call].component, model.calls[0].component);
  EXPECT_EQ(runs[2].call, 2U);
  EXPECT_EQ(runs[2].time_s, model.calls[2].time_s);
  EXPECT_NEAR(model.shape_of_doses(doses).mean(3, 3.0 + model.passes), 1, 1e-12);
}

}  // namespace
}  // namespace clear_native::testing
