#include <gtest/gtest.h>

#include "core/windows/window_estimate.hpp"

namespace clear_native {
namespace {

constexpr double power_w = 200;
constexpr double pass_s = 0.001;

/// A record by hand: steady power, exact ticks at 0.05, 0.15, ..., samples of 20 ms, odometer every 10 ms.
MeterRecord record_of(double length_s, bool with_samples, bool with_ticks = true) {
  MeterRecord record(0.1);
  record.start_s = 10;
  record.begin_s = 10.2;
  record.end_s = 10.2 + length_s;
  record.steadiness = Steadiness::steady;
  for (int i = 0; i <= static_cast<int>((length_s + 0.3) / 0.01); ++i) {
    record.odometer.add({.time_s = 10 + 0.01 * i, .passes = 0.01 * i / pass_s});
  }
  if (with_ticks) {
    record.ticks.feed({10.0, 10.0, 0});
    for (double tick_s = 10.05; tick_s < record.end_s; tick_s += 0.1) {
      record.ticks.feed({tick_s - 0.001, tick_s - 0.001, power_w * (tick_s - 10.1)});
      record.ticks.feed({tick_s + 0.001, tick_s + 0.001, power_w * (tick_s - 10)});
    }
  }
  if (with_samples) {
    for (double sample_s = 10; sample_s < record.end_s + 0.01; sample_s += 0.02) {
      record.power_samples.push_back({.time_s = sample_s, .power_w = 1.002 * power_w});
    }
  }
  return record;
}

MeterTraits traits_of(bool with_samples) {
  MeterTraits traits;
  traits.period_s = 0.1;
  traits.has_power_samples = with_samples;
  return traits;
}

TEST(WindowFromRecord, LongWindowsGoByTheCounter) {
  const Window window = window_from_record(record_of(1.0, true), traits_of(true));
  EXPECT_EQ(window.sensor_used, SensorUsed::counter);
  EXPECT_EQ(window.status, "ok");
  EXPECT_NEAR(*window.energy_per_pass_counter_j, power_w * pass_s, 1e-6);
  EXPECT_NEAR(*window.energy_per_pass_samples_j, 1.002 * power_w * pass_s, 1e-6);
  EXPECT_EQ(window.energy_per_pass_j, window.energy_per_pass_counter_j);
  EXPECT_NEAR(*window.time_per_pass_s, pass_s, 1e-9);
  EXPECT_NEAR(window.passes, 1000, 1e-6);
  EXPECT_NEAR(window.lead_in_s, 0.2, 1e-9);
}

TEST(WindowFromRecord, ShortWindowsGoByTheSamples) {
  const Window window = window_from_record(record_of(0.3, true), traits_of(true));
  EXPECT_EQ(window.sensor_used, SensorUsed::samples);
  EXPECT_EQ(window.energy_per_pass_j, window.energy_per_pass_samples_j);
}

TEST(WindowFromRecord, WithoutSamplesTheCounterServesWithThreeTicks) {
  const Window window = window_from_record(record_of(0.35, false), traits_of(false));
  EXPECT_EQ(window.sensor_used, SensorUsed::counter);
  EXPECT_GE(window.ticks.size(), 3U);
}

TEST(WindowFromRecord, TooLittleDataIsAbsentNotZero) {
  const Window window = window_from_record(record_of(0.2, false), traits_of(false));
  EXPECT_EQ(window.status, "too_few_ticks");
  EXPECT_FALSE(window.energy_per_pass_j);
  EXPECT_EQ(window.sensor_used, SensorUsed::none);
  EXPECT_TRUE(window.time_per_pass_s) << "the odometer is still good";
}

TEST(WindowFromRecord, AnIntegralOverTheSamplesIsNoSecondSensor) {
  MeterTraits traits = traits_of(true);
  traits.integrates_power = true;
  const Window window = window_from_record(record_of(1.0, true), traits);
  EXPECT_EQ(window.sensor_used, SensorUsed::samples);
  EXPECT_FALSE(window.energy_per_pass_counter_j);
  EXPECT_TRUE(window.ticks.empty());
}

TEST(WindowFromRecord, AnIntegralOfAFieldTakesEachReadingAtItsMoment) {
  MeterTraits traits = traits_of(false);
  traits.integrates_power = true;
  MeterRecord record = record_of(1.0, false, false);
  record.ticks = TickFinder(tick_period_s(traits));
  for (double update_s : {10.03, 10.21, 10.34, 10.38, 10.61, 10.7, 11.1}) {  // no regular period
    record.ticks.feed({update_s, update_s, power_w * update_s});
  }
  const Window window = window_from_record(record, traits);
  EXPECT_EQ(window.sensor_used, SensorUsed::counter);
  EXPECT_EQ(window.ticks.size(), 6U);
  EXPECT_NEAR(*window.energy_per_pass_j, power_w * pass_s, 1e-6);
}

TEST(WindowFromRecord, NoTickAtAllLeavesTheCounterOut) {
  const Window window = window_from_record(record_of(1.0, true, false), traits_of(true));
  EXPECT_FALSE(window.energy_per_pass_counter_j);
  EXPECT_EQ(window.sensor_used, SensorUsed::samples);
}

TEST(WindowFromRecord, AFaultyCounterGivesNoEnergyOfAnyKind) {
  MeterRecord stalled = record_of(1.0, true);
  stalled.stalled = true;
  MeterRecord back = record_of(1.0, true);
  back.went_back = true;
  EXPECT_EQ(window_from_record(stalled, traits_of(true)).status, "counter_stalled");
  EXPECT_EQ(window_from_record(back, traits_of(true)).status, "counter_went_back");
  EXPECT_FALSE(window_from_record(stalled, traits_of(true)).energy_per_pass_j);
  EXPECT_FALSE(window_from_record(back, traits_of(true)).energy_per_pass_samples_j);
}

TEST(WindowFromRecord, AnUnsteadyLeadInIsSaid) {
  MeterRecord record = record_of(1.0, true);
  record.steadiness = Steadiness::unsteady;
  const Window window = window_from_record(record, traits_of(true));
  EXPECT_EQ(window.status, "unsteady");
  EXPECT_TRUE(window.energy_per_pass_j);
}

TEST(WindowFromRecord, TheCounterSlopeCanBeHadAgainFromTheRecordedTicks) {
  const Window window = window_from_record(record_of(1.0, true), traits_of(true));
  ASSERT_GE(window.ticks.size(), 5U);
  const Tick& first = window.ticks.front();
  const Tick& last = window.ticks.back();
  EXPECT_NEAR((last.energy_j - first.energy_j) / (last.passes - first.passes), power_w * pass_s, 1e-6);
  for (const Tick& tick : window.ticks) {
    EXPECT_GE(tick.time_s, window.begin_s);
    EXPECT_LE(tick.time_s, window.end_s);
  }
}

TEST(WindowFromRecord, TheSamplesKeptSufficeToComputeTheirMeanAgain) {
  const MeterRecord record = record_of(1.0, true);
  const Window window = window_from_record(record, traits_of(true));
  EXPECT_LE(window.power_samples.front().time_s, window.begin_s);
  EXPECT_NEAR(*mean_power_w(window.power_samples, window.begin_s, window.end_s, 4), 1.002 * power_w, 1e-9);
}

}  // namespace
}  // namespace clear_native
