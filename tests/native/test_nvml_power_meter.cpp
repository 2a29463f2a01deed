#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <thread>

#include "core/meters/nvml_power_meter.hpp"
#include "core/windows/idle_workload.hpp"
#include "core/windows/window.hpp"
#include "fake_nvml_fixture.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::fake_uuid;
using testing::FakeNvml;
using testing::thrown_by;

constexpr double ns = 1e-9;
constexpr std::uint64_t step_ns = 5'000'000;

class NvmlPowerMeterTest : public FakeNvml {
 protected:
  struct VirtualClock final : Clock {
    explicit VirtualClock(const fake_nvml_control* c) : control(c) {}
    [[nodiscard]] double now_s() const override { return static_cast<double>(control->virtual_ns) * ns; }
    const fake_nvml_control* control;
  };

  NvmlPowerMeterTest() {
    control->virtual_ns = 10'000'000'000;
    control->field_period_ns = 100'000'000;
    control->averaging_ns = 1'000'000'000;
    control->capability_major = 9;
    control->load_from_ns = 12'340'000'000;  // 250 W, then 700 W
    control->load_until_ns = 14'010'000'000;
    control->load_power_mw = 700'000;
  }

  [[nodiscard]] NvmlPowerMeter by_hand(PowerField field) const {
    return {fake_uuid,
            field,
            {.period_s = field == PowerField::samples ? std::optional<double>() : 0.1,
             .clock = std::make_shared<VirtualClock>(control),
             .watch = false,
             .settle_at_most_s = 0}};
  }

  /// Since the clock stood at 10 s.
  [[nodiscard]] double true_energy_j(double time_s) const {
    const double from_s = static_cast<double>(control->load_from_ns) * ns;
    const double until_s = static_cast<double>(control->load_until_ns) * ns;
    return 250 * (time_s - 10) + 450 * (std::clamp(time_s, from_s, until_s) - from_s);
  }

  /// Reads every 5 ms until the clock stands at `until_s`; the largest error of energy at its own moment.
  double worst_error_j(NvmlPowerMeter& meter, double until_s) {
    double worst_j = 0;
    double before_j = 0;
    while (static_cast<double>(control->virtual_ns) * ns < until_s) {
      control->virtual_ns += step_ns;
      const EnergyReading reading = meter.read();
      EXPECT_GE(reading.energy_j, before_j);
      before_j = reading.energy_j;
      const double time_s = (reading.begin_s + reading.end_s) / 2;
      worst_j = std::max(worst_j, std::abs(reading.energy_j - true_energy_j(time_s)));
    }
    return worst_j;
  }
};

TEST_F(NvmlPowerMeterTest, TheirTraits) {
  const MeterTraits samples = by_hand(PowerField::samples).traits();
  EXPECT_EQ(samples.name, "nvml_samples");
  EXPECT_EQ(samples.scope, "gpu");
  EXPECT_EQ(samples.device, std::string("GPU-") + fake_uuid);
  EXPECT_NEAR(samples.period_s, 0.02, 1e-9);
  EXPECT_TRUE(samples.has_power_samples && samples.integrates_power);
  EXPECT_FALSE(samples.averaging_s || samples.estimated);
  const MeterTraits instant = by_hand(PowerField::instant).traits();
  EXPECT_EQ(instant.name, "nvml_instant");
  EXPECT_FALSE(instant.has_power_samples || instant.averaging_s);
  EXPECT_DOUBLE_EQ(instant.period_s, 0.1);
  EXPECT_DOUBLE_EQ(tick_period_s(instant), 0) << "its readings carry their own moments";
  const MeterTraits usage = by_hand(PowerField::usage).traits();
  EXPECT_EQ(usage.name, "nvml_usage");
  EXPECT_EQ(usage.averaging_s, 1.0);
  EXPECT_NE(usage.note.find("mean of the last second"), std::string::npos);
}

TEST_F(NvmlPowerMeterTest, SamplesAreSummed) {
  constexpr double sample_s = 0.02;  // where the first and the last lie in that time is the driver's own
  NvmlPowerMeter meter = by_hand(PowerField::samples);
  EXPECT_EQ(meter.read().energy_j, 0);
  control->virtual_ns = 11'000'000'000;
  EXPECT_NEAR(meter.read().energy_j, true_energy_j(11), 250 * sample_s) << "before the load";
  for (int i = 0; i < 20; ++i) {
    control->virtual_ns += 250'000'000;
    meter.read();
  }
  EXPECT_NEAR(meter.read().energy_j, true_energy_j(16), 250 * sample_s) << "both steps fall into samples";
}

TEST_F(NvmlPowerMeterTest, SamplesAreHandedOutOnceEach) {
  NvmlPowerMeter meter = by_hand(PowerField::samples);
  EXPECT_EQ(meter.power_samples().size(), 119U);
  control->virtual_ns += 200'000'000;
  meter.read();  // takes them in, and keeps them for who asks
  EXPECT_EQ(meter.power_samples().size(), 10U);
  EXPECT_TRUE(meter.power_samples().empty());
}

TEST_F(NvmlPowerMeterTest, InstantaneousPowerIsRightToHalfAnUpdateOfItsSteps) {
  NvmlPowerMeter meter = by_hand(PowerField::instant);
  EXPECT_LT(worst_error_j(meter, 18), 450 * 0.1) << "two steps of 450 W, each seen within 100 ms";
  EXPECT_NEAR(meter.read().energy_j, true_energy_j(meter.read().end_s), 450 * 0.1);
}

TEST_F(NvmlPowerMeterTest, ThePowerUsagesAveragingIsUndone) {
  NvmlPowerMeter meter = by_hand(PowerField::usage);
  EXPECT_LT(worst_error_j(meter, 18), 3) << "left alone, a step of 450 W errs by up to 225 J";
}

TEST_F(NvmlPowerMeterTest, WhereUsageIsNoMeanNothingIsUndone) {
  control->capability_major = 8;
  control->capability_minor = 0;
  control->averaging_ns = 0;
  NvmlPowerMeter meter = by_hand(PowerField::usage);
  EXPECT_FALSE(meter.traits().averaging_s);
  EXPECT_EQ(meter.traits().note, "");
  EXPECT_LT(worst_error_j(meter, 18), 450 * 0.1);
}

TEST_F(NvmlPowerMeterTest, ConstantPowerGrowsThoughItsFieldNeverChanges) {
  control->load_until_ns = control->load_from_ns;
  NvmlPowerMeter meter = by_hand(PowerField::instant);
  EXPECT_LT(worst_error_j(meter, 13), 1e-6);
  EXPECT_GT(meter.read().energy_j, 250 * 2.8);
}

TEST_F(NvmlPowerMeterTest, AGapIsAFaultOnceAndItsEnergyIsNotMadeUp) {
  NvmlPowerMeter meter = by_hand(PowerField::instant);
  worst_error_j(meter, 11);
  const double before_j = meter.read().energy_j;
  control->virtual_ns += 3'000'000'000;
  const auto thrown = thrown_by([&] { meter.read(); });
  EXPECT_EQ(thrown.kind, ErrorKind::sensor_fault);
  EXPECT_NE(thrown.message.find("not known for 3."), std::string::npos) << thrown.message;
  EXPECT_DOUBLE_EQ(meter.read().energy_j, before_j);
}

TEST_F(NvmlPowerMeterTest, SamplesThatTheDriverForgotAreAFault) {
  NvmlPowerMeter meter = by_hand(PowerField::samples);
  control->virtual_ns += 5'000'000'000;  // it keeps 2.4 s
  EXPECT_EQ(thrown_by([&] { meter.read(); }).kind, ErrorKind::sensor_fault);
  control->virtual_ns += 100'000'000;
  EXPECT_NEAR(meter.read().energy_j, 250 * 0.1, 250 * 0.021) << "goes on from there";
}

TEST_F(NvmlPowerMeterTest, SamplesThatEndAreAFault) {
  NvmlPowerMeter meter = by_hand(PowerField::samples);
  control->samples_lost_before_ns = 1'000'000'000'000;
  control->virtual_ns += 500'000'000;
  EXPECT_EQ(meter.read().energy_j, 0) << "not long enough to say so";
  control->virtual_ns += 1'000'000'000;
  EXPECT_NE(thrown_by([&] { meter.read(); }).kind, std::nullopt);
}

TEST_F(NvmlPowerMeterTest, AGpuThatIsLostLaterIsToldByRead) {
  for (const PowerField field : {PowerField::samples, PowerField::instant, PowerField::usage}) {
    NvmlPowerMeter meter = by_hand(field);
    for (const int function : {FAKE_NVML_SAMPLES, FAKE_NVML_FIELD_VALUES, FAKE_NVML_POWER_USAGE}) {
      control->fail[function] = 15;
    }
    EXPECT_EQ(thrown_by([&] { meter.read(); }).kind, ErrorKind::device_lost) << name_of(field);
    for (std::uint32_t& fail : control->fail) fail = 0;
  }
}

TEST_F(NvmlPowerMeterTest, ItsThreadReadsWhileNobodyElseDoes) {
  control->virtual_ns = 0;  // real time
  control->load_power_mw = 250'000;
  NvmlPowerMeter meter(fake_uuid, PowerField::instant);
  const EnergyReading begin = meter.read();
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));  // longer than a gap may be
  const EnergyReading end = meter.read();
  EXPECT_NEAR((end.energy_j - begin.energy_j) / (end.end_s - begin.end_s), 250, 1);
}

TEST_F(NvmlPowerMeterTest, WhatItsThreadMeetsIsToldByRead) {
  control->virtual_ns = 0;
  NvmlPowerMeter meter(fake_uuid, PowerField::instant);
  control->fail[FAKE_NVML_FIELD_VALUES] = 15;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  control->fail[FAKE_NVML_FIELD_VALUES] = 0;
  EXPECT_EQ(thrown_by([&] { meter.read(); }).kind, ErrorKind::device_lost);
  EXPECT_EQ(thrown_by([&] { meter.read(); }).kind, std::nullopt);
}

TEST_F(NvmlPowerMeterTest, WholeWindowsInRealTime) {
  control->virtual_ns = 0;
  control->load_power_mw = 250'000;
  for (const PowerField field : {PowerField::samples, PowerField::instant, PowerField::usage}) {
    NvmlPowerMeter meter(fake_uuid, field);
    IdleWorkload idle;
    ThreadedRunner runner;
    const Window window = measure_window(runner, meter, idle, {.duration_s = 0.6}, {});
    EXPECT_EQ(window.status, "ok") << name_of(field);
    ASSERT_TRUE(window.energy_per_pass_j) << name_of(field);
    EXPECT_NEAR(*window.energy_per_pass_j, 250, 1) << name_of(field);
    EXPECT_EQ(window.sensor_used, field == PowerField::samples ? SensorUsed::samples : SensorUsed::counter);
    EXPECT_EQ(window.ticks.empty(), field == PowerField::samples) << "or it would be compared with itself";
  }
}

}  // namespace
}  // namespace clear_native
