#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "core/meters/estimate_meter.hpp"
#include "core/windows/idle_workload.hpp"
#include "core/windows/window.hpp"
#include "simulated_bench.hpp"

namespace clear_native {
namespace {

using testing::DeviceOptions;
using testing::Load;
using testing::SimulatedBench;

constexpr double pass_j = 240 * 500e-6;

TEST(MeasureWindow, FindsTheTruthOfAQuietDevice) {
  SimulatedBench bench;
  const Window window = measure_window(bench.runner, bench.device, bench.workload, {.duration_s = 1.0}, {});
  EXPECT_EQ(window.status, "ok");
  EXPECT_NEAR(*window.energy_per_pass_counter_j / pass_j, 1, 2e-4);
  EXPECT_NEAR(*window.energy_per_pass_samples_j / pass_j, 1, 2e-4);
  EXPECT_NEAR(*window.time_per_pass_s / 500e-6, 1, 1e-5);
  EXPECT_NEAR(window.idle_fraction, 0, 1e-6);
}

TEST(MeasureWindow, SlowReadsDoNotBiasTheCounter) {
  double sum = 0;
  constexpr int windows = 60;
  for (int i = 0; i < windows; ++i) {
    DeviceOptions options;
    options.seed = static_cast<std::uint64_t>(i + 1);
    options.disturbances.read_latency = true;
    options.disturbances.tick_jitter = true;
    SimulatedBench bench(options);
    const Window window = measure_window(bench.runner, bench.device, bench.workload, {.duration_s = 1.0}, {});
    sum += *window.energy_per_pass_counter_j / pass_j;
  }
  EXPECT_NEAR(sum / windows, 1, 5e-4);
}

TEST(MeasureWindow, LongPassesAreCountedInsideThem) {
  SimulatedBench bench({}, {.power_w = 300, .time_s = 0.033}, 1);
  const Window window = measure_window(bench.runner, bench.device, bench.workload, {.duration_s = 0.7}, {});
  EXPECT_NEAR(*window.energy_per_pass_j / (300 * 0.033), 1, 1e-3);
}

TEST(MeasureWindow, IdlePassesAreSeconds) {
  SimulatedBench bench;
  IdleWorkload idle(bench.clock);
  const Window window = measure_window(bench.runner, bench.device, idle, {.duration_s = 0.5}, {});
  EXPECT_NEAR(*window.energy_per_pass_j, 124, 0.05);
  EXPECT_NEAR(*window.time_per_pass_s, 1, 1e-9);
}

TEST(MeasureWindow, AnEstimateIsTimeTimesPower) {
  SimulatedBench bench;
  EstimateMeter meter(65, "cpu", "a CPU", bench.clock);
  const Window window = measure_window(bench.runner, meter, bench.workload, {.duration_s = 0.3}, {});
  EXPECT_NEAR(*window.energy_per_pass_j, 65 * 500e-6, 1e-8);
  EXPECT_EQ(window.sensor_used, SensorUsed::counter);
}

TEST(MeasureWindow, DrainsAtTheEnd) {
  SimulatedBench bench;
  measure_window(bench.runner, bench.device, bench.workload, {.duration_s = 0.2}, {});
  EXPECT_TRUE(bench.workload.drained());
}

TEST(MeasureWindow, DrainsWhenInterrupted) {
  SimulatedBench bench;
  const Watch watch{.interrupted = [&] { return bench.clock->now_s() > testing::bench_begin_s + 0.2; }};
  try {
    measure_window(bench.runner, bench.device, bench.workload, {.duration_s = 5}, watch);
    FAIL() << "was not interrupted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  }
  EXPECT_TRUE(bench.workload.drained());
  EXPECT_LT(bench.clock->now_s(), testing::bench_begin_s + 0.4);
}

TEST(MeasureWindow, DrainsAndTellsWhenTheDeviceIsLost) {
  DeviceOptions options;
  options.faults.lost_s = testing::bench_begin_s + 0.25;
  SimulatedBench bench(options);
  try {
    measure_window(bench.runner, bench.device, bench.workload, {.duration_s = 1}, {});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device_lost);
  }
  EXPECT_TRUE(bench.workload.drained());
}

TEST(MeasureWindow, RefusesImpossibleOptions) {
  SimulatedBench bench;
  const auto measure = [&](const WindowOptions& options) {
    measure_window(bench.runner, bench.device, bench.workload, options, {});
  };
  EXPECT_THROW(measure({.duration_s = 0}), Error);
  EXPECT_THROW(measure({.duration_s = -1}), Error);
  EXPECT_THROW(measure({.lead_in_min_s = 0.5, .lead_in_max_s = 0.4}), Error);
  EXPECT_THROW(measure({.duration_s = std::numeric_limits<double>::quiet_NaN()}), Error);
  EXPECT_NO_THROW(measure({.duration_s = 0.2}));
}

TEST(MeasureWindow, SensorFaultsAreStatuses) {
  DeviceOptions options;
  options.faults.counter_resets_s = testing::bench_begin_s + 0.4;
  SimulatedBench bench(options);
  const Window window = measure_window(bench.runner, bench.device, bench.workload, {.duration_s = 1}, {});
  EXPECT_EQ(window.status, "counter_went_back");
  EXPECT_FALSE(window.energy_per_pass_j);
}

}  // namespace
}  // namespace clear_native
