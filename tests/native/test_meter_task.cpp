#include <gtest/gtest.h>

#include <vector>

#include "core/meters/estimate_meter.hpp"
#include "core/windows/launcher_task.hpp"
#include "core/windows/meter_task.hpp"
#include "simulated_bench.hpp"

namespace clear_native {
namespace {

using testing::DeviceOptions;
using testing::SimulatedBench;

/// Notes when the meter is read and the odometer after it.
class WatchedMeter final : public EnergyMeter {
 public:
  explicit WatchedMeter(EnergyMeter& meter) : meter_(meter) {}
  [[nodiscard]] MeterTraits traits() const override { return meter_.traits(); }
  EnergyReading read() override {
    readings.push_back(meter_.read());
    return readings.back();
  }
  std::vector<PowerSample> power_samples() override { return meter_.power_samples(); }
  std::optional<OperatingPoint> operating_point() override { return meter_.operating_point(); }
  std::optional<int> other_processes() override { return meter_.other_processes(); }

  std::vector<EnergyReading> readings;

 private:
  EnergyMeter& meter_;
};

MeterRecord run(SimulatedBench& bench, EnergyMeter& meter, const WindowOptions& options) {
  std::atomic<bool> stop = false;
  const Watch watch;
  LauncherTask launcher(bench.runner.clock(), bench.workload, watch, stop);
  MeterTask task(bench.runner.clock(), meter, bench.workload, options, stop);
  bench.runner.run(launcher, task);
  EXPECT_TRUE(stop.load()) << "the launcher is told that the window is over";
  return task.record();
}

TEST(MeterTask, PollsOnlyNearPredictedTicksOnceItKnowsThem) {
  DeviceOptions device;
  device.disturbances.read_latency = true;
  SimulatedBench bench(device);
  WatchedMeter meter(bench.device);
  const WindowOptions options{.duration_s = 2.0};
  const MeterRecord record = run(bench, meter, options);
  ASSERT_GE(record.ticks.brackets().size(), 19U);
  int in_stretch = 0;
  int far_from_a_tick = 0;
  for (const EnergyReading& reading : meter.readings) {
    if (reading.begin_s < record.begin_s + 0.1) continue;
    ++in_stretch;
    bool near = false;
    for (const TickBracket& tick : record.ticks.brackets()) {
      near = near || (reading.begin_s > tick.after_s - 0.03 && reading.begin_s < tick.before_s + 0.03);
    }
    if (!near) ++far_from_a_tick;
  }
  EXPECT_EQ(far_from_a_tick, 0);
  EXPECT_LT(in_stretch, 19 * 12) << "a few polls a tick";
}

TEST(MeterTask, ReadsTheOdometerWhenEachReadingEnds) {
  DeviceOptions device;
  device.disturbances.read_latency = true;
  SimulatedBench bench(device);
  WatchedMeter meter(bench.device);
  const MeterRecord record = run(bench, meter, {.duration_s = 0.5});
  for (const EnergyReading& reading : meter.readings) {
    if (reading.end_s < record.begin_s || reading.end_s > record.end_s) continue;
    bool counted_then = false;
    for (const OdometerReading& odometer : record.odometer.readings()) {
      counted_then = counted_then || (odometer.time_s <= reading.end_s && odometer.time_s > reading.end_s - 0.0021);
    }
    EXPECT_TRUE(counted_then) << "no odometer within 2 ms before " << reading.end_s;
  }
}

TEST(MeterTask, MeasuresForTheDurationAfterTheLeadIn) {
  SimulatedBench bench;
  const MeterRecord record = run(bench, bench.device, {.lead_in_min_s = 0.2, .duration_s = 0.4});
  EXPECT_GE(record.begin_s - record.start_s, 0.2);
  EXPECT_LE(record.begin_s - record.start_s, 0.25);
  EXPECT_NEAR(record.end_s - record.begin_s, 0.4, 0.021);
  EXPECT_EQ(record.steadiness, Steadiness::steady);
}

TEST(MeterTask, WaitsUntilPowerIsSteadyAndGivesUpAtTheLongestLeadIn) {
  DeviceOptions device;
  device.sample_period_s = 0.02;
  SimulatedBench bench(device, {.power_w = 240, .time_s = 500e-6});
  /// Power that climbs by 4 % in each 60 ms.
  class Climbing final : public EnergyMeter {
   public:
    explicit Climbing(testing::SimulatedBench& bench) : bench_(bench) {}
    [[nodiscard]] MeterTraits traits() const override { return bench_.device.traits(); }
    EnergyReading read() override { return bench_.device.read(); }
    std::vector<PowerSample> power_samples() override {
      std::vector<PowerSample> samples = bench_.device.power_samples();
      for (PowerSample& sample : samples) sample.power_w *= 1 + (sample.time_s - testing::bench_begin_s) * 0.9;
      return samples;
    }

   private:
    testing::SimulatedBench& bench_;
  } meter(bench);
  const MeterRecord record = run(bench, meter, {.lead_in_min_s = 0.15, .lead_in_max_s = 0.6, .duration_s = 0.3});
  EXPECT_NEAR(record.begin_s - record.start_s, 0.6, 0.03);
  EXPECT_EQ(record.steadiness, Steadiness::unsteady);
}

TEST(MeterTask, WithoutSamplesAWindowLastsUntilItHasFiveTicks) {
  DeviceOptions device;
  device.has_samples = false;
  SimulatedBench bench(device);
  const MeterRecord record = run(bench, bench.device, {.duration_s = 0.12});
  int ticks = 0;
  for (const TickBracket& bracket : record.ticks.brackets()) ticks += bracket.after_s >= record.begin_s ? 1 : 0;
  EXPECT_GE(ticks, 5);
  EXPECT_LT(record.end_s - record.begin_s, 0.7);
}

TEST(MeterTask, ACounterThatStandsStillForFivePeriodsHasStalled) {
  DeviceOptions device;
  device.faults.counter_stalls_s = testing::bench_begin_s + 0.15;
  SimulatedBench bench(device);
  const MeterRecord record = run(bench, bench.device, {.duration_s = 0.2});
  EXPECT_TRUE(record.stalled) << "also in a window that would have ended after 0.37 s";
  EXPECT_GT(bench.clock->now_s() - testing::bench_begin_s, 0.5);
  EXPECT_LT(bench.clock->now_s() - testing::bench_begin_s, 0.7);
}

TEST(MeterTask, ALateTickIsNotAStall) {
  DeviceOptions device;
  device.faults.counter_stalls_s = testing::bench_begin_s + 0.3;
  device.faults.counter_runs_again_s = testing::bench_begin_s + 0.6;
  SimulatedBench bench(device);
  const MeterRecord record = run(bench, bench.device, {.duration_s = 0.2});
  EXPECT_FALSE(record.stalled);
}

TEST(MeterTask, ACounterThatGoesBackEndsTheWindow) {
  DeviceOptions device;
  device.faults.counter_resets_s = testing::bench_begin_s + 0.4;
  SimulatedBench bench(device);
  const MeterRecord record = run(bench, bench.device, {.duration_s = 1.0});
  EXPECT_TRUE(record.went_back);
  EXPECT_LT(bench.clock->now_s() - testing::bench_begin_s, 0.55);
}

TEST(MeterTask, DrainsTheDriversSamplesBeforeTheBufferOverflows) {
  SimulatedBench bench;
  const MeterRecord record = run(bench, bench.device, {.duration_s = 6.0});  // the driver keeps 2.4 s
  double longest_gap_s = 0;
  for (std::size_t i = 1; i < record.power_samples.size(); ++i) {
    longest_gap_s = std::max(longest_gap_s, record.power_samples[i].time_s - record.power_samples[i - 1].time_s);
  }
  EXPECT_LT(longest_gap_s, 0.025);
  EXPECT_GT(record.power_samples.back().time_s, record.end_s - 0.03);
}

TEST(MeterTask, WaitsForSamplesThatTheDriverHandsOutLate) {
  DeviceOptions device;
  device.samples_lag_s = 0.07;
  SimulatedBench bench(device);
  const MeterRecord record = run(bench, bench.device, {.duration_s = 0.12});
  EXPECT_EQ(record.steadiness, Steadiness::steady) << "a lag delays the verdict, it does not change it";
  EXPECT_GE(record.power_samples.back().time_s, record.end_s - 0.03);
  EXPECT_NEAR(record.end_s - record.begin_s, 0.12, 0.022);
}

TEST(MeterTask, DoesNotWaitForSamplesThatNeverCome) {
  DeviceOptions device;
  device.samples_lag_s = 1;
  SimulatedBench bench(device);
  const double begin_s = bench.clock->now_s();
  run(bench, bench.device, {.duration_s = 0.6});
  EXPECT_LT(bench.clock->now_s() - begin_s, 0.6 + 0.6 + 0.6);
}

TEST(MeterTask, TakesTheOperatingPointInTheMeasuredStretch) {
  DeviceOptions device;
  device.faults.other_processes = 2;
  SimulatedBench bench(device);
  const MeterRecord record = run(bench, bench.device, {.duration_s = 0.3});
  ASSERT_TRUE(record.operating_point);
  EXPECT_GT(record.operating_point->time_s, record.begin_s);
  EXPECT_LT(record.operating_point->time_s, record.end_s);
  EXPECT_EQ(record.other_processes, 2);
}

TEST(MeterTask, AContinuousMeterIsReadAtRegularIntervals) {
  SimulatedBench bench;
  EstimateMeter meter(100, "cpu", "a CPU", bench.clock);
  const MeterRecord record = run(bench, meter, {.duration_s = 0.5});
  int inside = 0;
  for (const TickBracket& bracket : record.ticks.brackets()) inside += bracket.after_s >= record.begin_s ? 1 : 0;
  EXPECT_NEAR(inside, 25, 3);
}

TEST(MeterTask, WaitsForPassesThatAreLongerThanTheWindow) {
  SimulatedBench bench({}, {.power_w = 100, .time_s = 0.8}, 1);
  /// Counts whole passes, as an eager workload does.
  class WholePasses final : public Workload {
   public:
    explicit WholePasses(testing::SimulatedWorkload& inner) : inner_(inner) {}
    [[nodiscard]] double passes_per_launch() const override { return 1; }
    void launch() override { inner_.launch(); }
    bool wait_for_room(double& look_again_s) override { return inner_.wait_for_room(look_again_s); }
    [[nodiscard]] OdometerReading odometer() const override {
      const double whole = std::floor(inner_.odometer().passes + 1e-6);
      return {.time_s = testing::bench_begin_s + 0.8 * whole, .passes = whole};
    }
    void drain() override { inner_.drain(); }

   private:
    testing::SimulatedWorkload& inner_;
  } workload(bench.workload);
  EstimateMeter meter(100, "cpu", "a CPU", bench.clock);
  std::atomic<bool> stop = false;
  const Watch watch;
  LauncherTask launcher(bench.runner.clock(), workload, watch, stop);
  MeterTask task(bench.runner.clock(), meter, workload, {.duration_s = 0.2}, stop);
  bench.runner.run(launcher, task);
  const MeterRecord& record = task.record();
  EXPECT_NEAR(*record.odometer.time_per_pass_s(record.begin_s, record.end_s), 0.8, 0.001);
}

}  // namespace
}  // namespace clear_native
