// The judge must be right before it may judge.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "simulated_bench.hpp"
#include "simulated_device.hpp"

namespace clear_native::testing {
namespace {

/// Runs the workload for `time_s` with a full queue.
void keep_busy(SimulatedBench& bench, double time_s) {
  const double end_s = bench.clock->now_s() + time_s;
  while (bench.clock->now_s() < end_s) {
    double look_again_s = 0;
    if (bench.workload.wait_for_room(look_again_s)) {
      bench.workload.launch();
    } else {
      bench.clock->advance_to(std::min(look_again_s, end_s));
    }
  }
}

TEST(SimulatedDevice, SpendsWhatTheLoadAndIdlingCost) {
  SimulatedBench bench;
  keep_busy(bench, 1);
  bench.workload.drain();
  const double passes = bench.workload.passes_done();
  const double busy_s = passes * 500e-6;
  bench.clock->advance_to(bench_begin_s + 2);
  bench.device.read();
  EXPECT_NEAR(bench.device.energy_j(), 240 * busy_s + 124 * (2 - busy_s), 0.01);
  EXPECT_NEAR(passes, std::round(passes), 1e-6) << "whole launches";
}

TEST(SimulatedDevice, TheCounterTicksEveryPeriod) {
  SimulatedBench bench;
  std::vector<double> changes_s;
  double last_j = bench.device.read().energy_j;
  for (int ms = 1; ms <= 2000; ++ms) {
    bench.clock->advance_to(bench_begin_s + 0.001 * ms);
    const double now_j = bench.device.read().energy_j;
    if (now_j > last_j) changes_s.push_back(bench.clock->now_s());
    last_j = now_j;
  }
  EXPECT_EQ(changes_s.size(), 20U);
  for (std::size_t i = 1; i < changes_s.size(); ++i) EXPECT_NEAR(changes_s[i] - changes_s[i - 1], 0.1, 0.0021);
}

TEST(SimulatedDevice, SamplesAreMeansOverTwentyMilliseconds) {
  SimulatedBench bench;
  keep_busy(bench, 1);
  const std::vector<PowerSample> samples = bench.device.power_samples();
  ASSERT_EQ(samples.size(), 50U);
  for (std::size_t i = 2; i < samples.size(); ++i) {
    EXPECT_NEAR(samples[i].power_w, 240, 1e-6);
    EXPECT_NEAR(samples[i].time_s - samples[i - 1].time_s, 0.02, 0.0011);
  }
}

TEST(SimulatedDevice, TheDriverKeepsOneHundredAndNineteenSamples) {
  SimulatedBench bench;
  bench.clock->advance_to(bench_begin_s + 10);
  EXPECT_EQ(bench.device.power_samples().size(), 119U);
}

TEST(SimulatedDevice, ReadsAreSlowWithALongTail) {
  DeviceOptions options;
  options.disturbances.read_latency = true;
  SimulatedBench bench(options);
  std::vector<double> latencies_s;
  for (int i = 0; i < 4000; ++i) {
    const EnergyReading reading = bench.device.read();
    latencies_s.push_back(reading.end_s - reading.begin_s);
  }
  std::sort(latencies_s.begin(), latencies_s.end());
  EXPECT_NEAR(latencies_s[2000], 0.0024, 0.0002);
  EXPECT_NEAR(latencies_s[3960], 0.016, 0.003);
}

TEST(SimulatedDevice, WarmsByAFewKelvinAndThenCostsMore) {
  DeviceOptions options;
  options.disturbances.warming = true;
  SimulatedBench bench(options);
  keep_busy(bench, 30);
  const double warmed_k = *bench.device.operating_point()->temperature_c - 34;
  EXPECT_GT(warmed_k, 6);
  EXPECT_LT(warmed_k, 15);
  const Load load{.power_w = 240, .time_s = 500e-6};
  const double warm_w = bench.device.truth_of(load, 46).power_w;
  EXPECT_NEAR(warm_w / bench.device.truth_of(load, 34).power_w, 1.018, 0.0005);
}

TEST(SimulatedDevice, NoiseWandersSoThatTheSpreadOfSamplesMisleads) {
  // Standard error of the mean of 10 samples: as neighbours suggest, and as windows 2 s apart show.
  std::vector<double> means_w;
  double within = 0;
  constexpr int windows = 150;
  DeviceOptions options;
  options.disturbances.power_noise = true;
  SimulatedBench bench(options);
  for (int i = 0; i < windows; ++i) {
    keep_busy(bench, 2);
    std::vector<PowerSample> samples = bench.device.power_samples();
    samples.erase(samples.begin(), samples.end() - 10);
    double mean = 0;
    double squares = 0;
    for (const PowerSample& sample : samples) mean += sample.power_w / 10;
    for (const PowerSample& sample : samples) squares += std::pow(sample.power_w - mean, 2) / 9;
    means_w.push_back(mean);
    within += squares / 10 / windows;
  }
  double mean = 0;
  double between = 0;
  for (const double value : means_w) mean += value / windows;
  for (const double value : means_w) between += std::pow(value - mean, 2) / (windows - 1);
  EXPECT_GT(std::sqrt(between / within), 1.4);
  EXPECT_NEAR(mean / 240, 1, 0.002) << "noise has no bias";
}

TEST(SimulatedDevice, TransientsAfterASwitchLastAFewTenths) {
  DeviceOptions options;
  options.disturbances.transients = true;
  double early = 0;
  double late = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    options.seed = seed;
    SimulatedBench bench(options);
    bench.clock->advance_to(bench_begin_s + 1);
    bench.device.power_samples();
    keep_busy(bench, 0.8);
    for (const PowerSample& sample : bench.device.power_samples()) {
      const double since_s = sample.time_s - bench_begin_s - 1;
      const double off = std::abs(sample.power_w / 240 - 1);
      if (since_s > 0.06 && since_s < 0.16) early = std::max(early, off);
      if (since_s > 0.6) late = std::max(late, off);
    }
  }
  EXPECT_GT(early, 0.02);
  EXPECT_LT(late, 0.002);
}

TEST(SimulatedDevice, WhatRanBeforeCarriesOver) {
  DeviceOptions options;
  options.disturbances.carry_over = true;
  SimulatedBench bench(options);
  keep_busy(bench, 4);
  const std::vector<PowerSample> samples = bench.device.power_samples();
  const double settled_w = samples.back().power_w;
  EXPECT_NEAR(settled_w, 240 * (1 + carry_over_per_w * (settled_w - 124)), 0.05);
}

TEST(SimulatedDevice, ThePowerCapLowersTheClock) {
  DeviceOptions options;
  options.disturbances.power_cap = true;
  options.power_cap_w = 700;
  const Load load{.power_w = 900, .time_s = 300e-6};
  SimulatedBench bench(options, load, 8);
  keep_busy(bench, 2);
  const OperatingPoint point = *bench.device.operating_point();
  EXPECT_LT(*point.sm_clock_mhz, 1800);
  EXPECT_EQ(*point.throttle_reasons, 0x4U);
  const Load truth = bench.device.truth_of(load, 40);
  EXPECT_LT(truth.power_w, 701);
  EXPECT_GT(truth.power_w, 680);
  EXPECT_GT(truth.time_s, 1.1 * load.time_s);
}

TEST(SimulatedDevice, TheOdometerCountsEveryTwoMillisecondsAndStampsTheCount) {
  SimulatedBench bench({}, {.power_w = 240, .time_s = 0.033}, 1);
  keep_busy(bench, 0.0131);
  const OdometerReading reading = bench.workload.odometer();
  EXPECT_NEAR(reading.time_s - bench_begin_s, 0.012, 1e-6);
  EXPECT_NEAR(reading.passes, 0.012 / 0.033, 1e-9);
}

TEST(SimulatedDevice, FaultsHappenWhenScripted) {
  DeviceOptions options;
  options.faults.counter_stalls_s = bench_begin_s + 1;
  options.faults.counter_runs_again_s = bench_begin_s + 2;
  options.faults.counter_resets_s = bench_begin_s + 3;
  options.faults.lost_s = bench_begin_s + 4;
  SimulatedBench bench(options);
  const auto energy_at = [&](double since_s) {
    bench.clock->advance_to(bench_begin_s + since_s);
    return bench.device.read().energy_j;
  };
  EXPECT_GT(energy_at(0.9), 0);
  const double stalled_j = energy_at(1.05);
  EXPECT_EQ(energy_at(1.9), stalled_j);
  EXPECT_GT(energy_at(2.2), stalled_j + 100);
  EXPECT_LT(energy_at(3.2), 50);
  EXPECT_THROW(energy_at(4.1), Error);
  EXPECT_THROW(bench.workload.launch(), Error);
}

}  // namespace
}  // namespace clear_native::testing
