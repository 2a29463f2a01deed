#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "core/calibration/calibration_run.hpp"
#include "core/errors.hpp"
#include "simulated_bench.hpp"

namespace clear_native {
namespace {

using testing::SimulatedBench;
using testing::SimulatedWorkload;

constexpr double pass_s = 1e-3;
constexpr double base_w = 160;
constexpr double per_byte_j = 50e-12;
constexpr double bytes_per_pass = 4e9;  // 4 TB/s at the full rate: 200 W more

/// A load of this power line at a share of its full rate.
LoadAtRate load_of(SimulatedBench& bench, double share) {
  const double power_w = base_w + per_byte_j * share * bytes_per_pass / pass_s;
  auto workload =
      std::make_unique<SimulatedWorkload>(bench.device, testing::Load{.power_w = power_w, .time_s = pass_s}, 2);
  return {.workload = std::move(workload), .units_per_pass = share * bytes_per_pass};
}

std::vector<CalibrationSubject> subjects_of(SimulatedBench& bench) {
  std::vector<CalibrationSubject> subjects(2);
  subjects[0].name = "occupancy";
  subjects[0].rates.push_back(load_of(bench, 0));
  subjects[1].name = "dram_read";
  subjects[1].unit = "byte";
  for (const double share : {1.0, 0.6, 0.1}) subjects[1].rates.push_back(load_of(bench, share));
  return subjects;
}

testing::DeviceOptions noisy() {
  testing::DeviceOptions options;
  options.disturbances.power_noise = options.disturbances.tick_jitter = true;
  return options;
}

TEST(CalibrationRun, FindsWhatAByteCosts) {
  SimulatedBench bench(noisy());
  const Calibration found = run_calibration(bench.runner, bench.device, subjects_of(bench), {.rounds = 8}, {});
  EXPECT_NEAR(found.static_power_w.value().mean, 124, 2);
  EXPECT_NEAR(found.occupied_power_w.value().mean, base_w, 3);
  ASSERT_EQ(found.kinds.size(), 1U);
  const KindCost& kind = found.kinds.front();
  EXPECT_EQ(kind.statuses, std::vector<std::string>{});
  const Interval cost = kind.energy_per_unit_j.value();
  EXPECT_EQ(cost.rounds, 8);
  EXPECT_NEAR(cost.mean, per_byte_j, 2 * cost.half_width.value());
  EXPECT_LT(cost.half_width.value(), 0.1 * per_byte_j);
  EXPECT_NEAR(kind.units_per_s.value().mean, bytes_per_pass / pass_s, 0.01 * bytes_per_pass / pass_s);
}

TEST(CalibrationRun, RoundsHaveEveryLoadOnceInOtherOrders) {
  SimulatedBench bench;
  const Calibration found = run_calibration(bench.runner, bench.device, subjects_of(bench), {.rounds = 3}, {});
  std::set<std::vector<std::string>> orders;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::string> order;
    for (const Window& window : found.rounds.windows) {
      if (window.round == round) order.push_back(window.target);
    }
    EXPECT_EQ(std::set<std::string>(order.begin(), order.end()).size(), 5U);
    EXPECT_EQ(order.size(), 5U);
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 1U);
}

TEST(CalibrationRun, InterruptedItKeepsWhatIsFinished) {
  SimulatedBench bench(noisy());
  int windows = 0;
  RoundsWatch watch;
  watch.progress = [&windows](const Progress& now) { windows = now.windows_done; };
  watch.window.interrupted = [&windows] { return windows >= 12; };
  const Calibration found = run_calibration(bench.runner, bench.device, subjects_of(bench), {.rounds = 8}, watch);
  EXPECT_EQ(found.rounds.stop_reason, StopReason::interrupted);
  EXPECT_EQ(found.rounds.rounds, 2);
  EXPECT_TRUE(found.kinds.front().energy_per_unit_j.has_value());
}

TEST(CalibrationRun, ALoadThatCostsNothingIsBelowResolution) {
  SimulatedBench bench(noisy());
  std::vector<CalibrationSubject> subjects = subjects_of(bench);
  for (LoadAtRate& load : subjects[1].rates) load.workload = load_of(bench, 0).workload;
  const Calibration found = run_calibration(bench.runner, bench.device, subjects, {.rounds = 4}, {});
  EXPECT_EQ(found.kinds.front().statuses, std::vector<std::string>{"below_resolution"});
}

TEST(CalibrationRun, ItBeginsWhenTheDeviceIsAsWarmAsItsLoadsKeepIt) {
  testing::DeviceOptions options;
  options.disturbances.warming = true;
  SimulatedBench bench(options);
  std::vector<double> told_c;
  const Calibration found =
      run_calibration(bench.runner, bench.device, subjects_of(bench), {.rounds = 2, .max_time_s = 600}, {},
                      [&told_c](double temperature_c) { told_c.push_back(temperature_c); });
  ASSERT_GT(told_c.size(), 3U);
  EXPECT_NEAR(told_c.front(), options.start_c, 0.1);
  EXPECT_GT(told_c.back(), options.start_c + 6);
  EXPECT_NEAR(found.rounds.windows.front().operating_point->temperature_c.value(), told_c.back(), 1);
}

TEST(CalibrationRun, WarmingUpHasItsShareOfTheTime) {
  testing::DeviceOptions options;
  options.disturbances.warming = true;
  SimulatedBench bench(options);
  const Calibration found =
      run_calibration(bench.runner, bench.device, subjects_of(bench), {.rounds = 200, .max_time_s = 40}, {});
  EXPECT_NEAR(found.rounds.windows.front().begin_s, testing::bench_begin_s + 0.15 * 40, 1);
  EXPECT_NEAR(bench.clock->now_s(), testing::bench_begin_s + 40, 5);
}

TEST(CalibrationRun, InterruptedWhileItWarmsUpItHasNoWindows) {
  SimulatedBench bench;
  RoundsWatch watch;
  watch.window.interrupted = [] { return true; };
  const Calibration found = run_calibration(bench.runner, bench.device, subjects_of(bench), {.rounds = 2}, watch);
  EXPECT_EQ(found.rounds.stop_reason, StopReason::interrupted);
  EXPECT_TRUE(found.rounds.windows.empty());
}

TEST(CalibrationRun, ADeviceLostWhileItWarmsUpIsTold) {
  testing::DeviceOptions options;
  options.faults.lost_s = testing::bench_begin_s + 1;
  SimulatedBench bench(options);
  const Calibration found = run_calibration(bench.runner, bench.device, subjects_of(bench), {.rounds = 2}, {});
  EXPECT_EQ(found.rounds.stop_reason, StopReason::failed);
  EXPECT_EQ(found.rounds.failure_kind, ErrorKind::device_lost);
}

TEST(CalibrationRun, OneRoundIsRefused) {
  SimulatedBench bench;
  try {
    run_calibration(bench.runner, bench.device, subjects_of(bench), {.rounds = 1}, {});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  }
}

}  // namespace
}  // namespace clear_native
