#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/errors.hpp"
#include "core/meters/nvml_meter.hpp"
#include "core/windows/idle_workload.hpp"
#include "core/windows/window.hpp"
#include "fake_nvml_fixture.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::fake_uuid;
using testing::FakeNvml;
using testing::thrown_by;

constexpr double period_s = 0.1;

class NvmlMeterTest : public FakeNvml {
 protected:
  /// Kind and words of what the constructor throws.
  static std::pair<ErrorKind, std::string> thrown_by_meter(const std::string& uuid = fake_uuid) {
    try {
      const NvmlMeter meter(uuid, period_s);
    } catch (const Error& error) {
      return {error.kind(), error.what()};
    }
    return {ErrorKind::interrupted, "nothing was thrown"};
  }
};

TEST_F(NvmlMeterTest, FindsTheDeviceByUuidWithAndWithoutPrefix) {
  const std::string full = std::string("GPU-") + fake_uuid;
  EXPECT_EQ(NvmlMeter(fake_uuid, period_s).traits().device, full);
  EXPECT_EQ(NvmlMeter(full, period_s).traits().device, full);
  const std::string second = "GPU-ffffffff-89ab-cdef-0123-456789abcdef";
  control->devices[1].base_mj = 77'000;
  control->virtual_ns = 1;
  NvmlMeter meter(second, period_s);
  EXPECT_DOUBLE_EQ(meter.read().energy_j, 77);
}

TEST_F(NvmlMeterTest, ItsTraits) {
  const MeterTraits traits = NvmlMeter(fake_uuid, period_s).traits();
  EXPECT_EQ(traits.name, "nvml_counter");
  EXPECT_EQ(traits.scope, "gpu");
  EXPECT_DOUBLE_EQ(traits.quantum_j, 0.001);
  EXPECT_DOUBLE_EQ(traits.period_s, period_s);
  EXPECT_TRUE(traits.has_power_samples);
  EXPECT_FALSE(traits.estimated);
}

TEST_F(NvmlMeterTest, ReadsJoules) {
  control->virtual_ns = 1;
  NvmlMeter meter(fake_uuid, period_s);
  EXPECT_DOUBLE_EQ(meter.read().energy_j, 5000);
  control->virtual_ns = 2'050'000'000;
  const EnergyReading reading = meter.read();
  EXPECT_DOUBLE_EQ(reading.energy_j, 5000 + 250 * 2.0) << "the counter changes every tenth of a second";
  EXPECT_LE(reading.begin_s, reading.end_s);
}

TEST_F(NvmlMeterTest, FindsTheCountersPeriodByWatching) {
  EXPECT_DOUBLE_EQ(NvmlMeter(fake_uuid).traits().period_s, 0.1);
  control->tick_ns = 20'000'000;
  EXPECT_DOUBLE_EQ(NvmlMeter(fake_uuid).traits().period_s, 0.02);
}

TEST_F(NvmlMeterTest, ACounterThatStandsStillWhileWatchedIsTakenToBeOrdinary) {
  control->virtual_ns = 1;
  EXPECT_DOUBLE_EQ(NvmlMeter(fake_uuid).traits().period_s, 0.1);
}

TEST_F(NvmlMeterTest, ACounterThatGoesBackIsAFaultOnce) {
  control->virtual_ns = 2'000'000'000;
  NvmlMeter meter(fake_uuid, period_s);
  meter.read();
  control->devices[0].base_mj = 0;
  try {
    meter.read();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::sensor_fault);
    EXPECT_NE(std::string(error.what()).find("5500000 mJ to 500000 mJ"), std::string::npos) << error.what();
  }
  EXPECT_NO_THROW(meter.read());
}

TEST_F(NvmlMeterTest, ACounterThatWrapsGoesOn) {
  for (const std::uint32_t bits : {32U, 64U}) {
    control->virtual_ns = 1'000'000'000;
    control->counter_bits = bits;
    control->devices[0].base_mj = (bits == 32 ? 1ULL << 32U : 0) - 1'000'000;  // 1 kJ before it starts again
    NvmlMeter meter(fake_uuid, period_s);
    const double before_j = meter.read().energy_j;
    control->virtual_ns = 5'000'000'000;
    EXPECT_NEAR(meter.read().energy_j - before_j, 250 * 4, 1e-3) << bits << " bits";
  }
}

TEST_F(NvmlMeterTest, AResetJustBelowTheWrapsWidthIsNoWrap) {
  control->virtual_ns = 1'000'000'000;
  control->counter_bits = 32;
  control->devices[0].base_mj = (1ULL << 32U) - 1'000'000;
  NvmlMeter meter(fake_uuid, period_s);
  control->devices[0].base_mj = 500'000'000;  // 500 kJ: no GPU draws that in a moment
  EXPECT_EQ(thrown_by([&] { meter.read(); }).kind, ErrorKind::sensor_fault);
}

TEST_F(NvmlMeterTest, ADriverWithoutTheCounterIsUnsupported) {
  use_library("libnvidia-ml-fake-no-energy.so");
  EXPECT_EQ(thrown_by_meter().first, ErrorKind::sensor_unsupported);
}

TEST_F(NvmlMeterTest, SamplesComeOnceInOrderOnTheSteadyClock) {
  NvmlMeter meter(fake_uuid, period_s);
  const SteadyClock clock;
  const std::vector<PowerSample> first = meter.power_samples();
  ASSERT_EQ(first.size(), 119U);
  EXPECT_NEAR(first.back().time_s, clock.now_s(), 1.0) << "converted from the realtime clock";
  EXPECT_DOUBLE_EQ(first.back().power_w, 250);
  for (std::size_t i = 1; i < first.size(); ++i) EXPECT_NEAR(first[i].time_s - first[i - 1].time_s, 0.02, 1e-5);
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  const std::vector<PowerSample> second = meter.power_samples();
  ASSERT_GE(second.size(), 2U);
  EXPECT_NEAR(second.front().time_s - first.back().time_s, 0.02, 1e-3) << "none twice, none left out";
}

TEST_F(NvmlMeterTest, ADriverWithoutSamplesHasNone) {
  control->sample_period_us = 0;
  NvmlMeter meter(fake_uuid, period_s);
  EXPECT_FALSE(meter.traits().has_power_samples);
  EXPECT_TRUE(meter.power_samples().empty());
}

TEST_F(NvmlMeterTest, TellsTheOperatingPoint) {
  control->devices[0].clocks_event_reasons = 0x24;
  NvmlMeter meter(fake_uuid, period_s);
  const auto point = meter.operating_point();
  ASSERT_TRUE(point);
  EXPECT_EQ(point->sm_clock_mhz, 1980);
  EXPECT_EQ(point->memory_clock_mhz, 3201);
  EXPECT_EQ(point->temperature_c, 41);
  EXPECT_EQ(point->power_w, 250);
  EXPECT_EQ(point->throttle_reasons, 0x24U);
}

TEST_F(NvmlMeterTest, WhatTheDeviceDoesNotTellIsAbsent) {
  control->fail[FAKE_NVML_CLOCK] = 3;
  control->fail[FAKE_NVML_TEMPERATURE] = 3;
  control->fail[FAKE_NVML_CLOCKS_EVENT_REASONS] = 3;
  control->fail[FAKE_NVML_FIELD_VALUES] = 3;
  NvmlMeter meter(fake_uuid, period_s);
  const auto point = meter.operating_point();
  EXPECT_FALSE(point->sm_clock_mhz);
  EXPECT_FALSE(point->temperature_c);
  EXPECT_FALSE(point->throttle_reasons);
  EXPECT_EQ(point->power_w, 250) << "from the averaged power, where there is no instantaneous one";
  control->fail[FAKE_NVML_POWER_USAGE] = 3;
  EXPECT_FALSE(meter.operating_point()->power_w);
}

TEST_F(NvmlMeterTest, CountsTheOtherProcesses) {
  NvmlMeter meter(fake_uuid, period_s);
  EXPECT_EQ(meter.other_processes(), 0);
  control->devices[0].process_count = 40;  // more than the first buffer holds
  for (unsigned i = 0; i < 40; ++i) control->devices[0].pids[i] = 4'000'000 + i;
  EXPECT_EQ(meter.other_processes(), 39);
  control->fail[FAKE_NVML_COMPUTE_PROCESSES] = 3;
  EXPECT_FALSE(meter.other_processes());
}

TEST_F(NvmlMeterTest, AnOldDriverStillHasTheCounter) {
  use_library("libnvidia-ml-fake-old.so");
  NvmlMeter meter(fake_uuid, period_s);
  EXPECT_FALSE(meter.traits().has_power_samples);
  EXPECT_FALSE(meter.other_processes());
  EXPECT_FALSE(meter.operating_point()->sm_clock_mhz);
  EXPECT_GE(meter.read().energy_j, 5000);
}

TEST_F(NvmlMeterTest, RefusesMig) {
  control->devices[0].mig_mode = 1;
  const auto [kind, message] = thrown_by_meter();
  EXPECT_EQ(kind, ErrorKind::mig_unsupported);
  EXPECT_NE(message.find("nvidia-smi -mig 0"), std::string::npos) << "says what to do: " << message;
}

TEST_F(NvmlMeterTest, RefusesMigInstances) {
  describe(control->devices[1], "MIG-aaaaaaaa-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(thrown_by_meter("MIG-aaaaaaaa-89ab-cdef-0123-456789abcdef").first, ErrorKind::mig_unsupported);
  EXPECT_EQ(thrown_by_meter("aaaaaaaa-89ab-cdef-0123-456789abcdef").first, ErrorKind::mig_unsupported)
      << "as torch gives it, without the prefix";
}

TEST_F(NvmlMeterTest, AnUnknownUuidIsNamed) {
  const auto [kind, message] = thrown_by_meter("deadbeef");
  EXPECT_EQ(kind, ErrorKind::sensor_unsupported);
  EXPECT_NE(message.find("GPU-deadbeef"), std::string::npos) << message;
}

TEST_F(NvmlMeterTest, FailuresOfTheCounterHaveTheirKinds) {
  control->fail[FAKE_NVML_TOTAL_ENERGY] = 3;
  EXPECT_EQ(thrown_by_meter().first, ErrorKind::sensor_unsupported);
  control->fail[FAKE_NVML_TOTAL_ENERGY] = 4;
  const auto [kind, message] = thrown_by_meter();
  EXPECT_EQ(kind, ErrorKind::sensor_permission);
  EXPECT_NE(message.find("Insufficient Permissions"), std::string::npos) << message;
}

TEST_F(NvmlMeterTest, AGpuThatIsLostLaterIsToldByRead) {
  NvmlMeter meter(fake_uuid, period_s);
  control->fail[FAKE_NVML_TOTAL_ENERGY] = 15;
  try {
    meter.read();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device_lost);
    EXPECT_NE(std::string(error.what()).find("GPU is lost"), std::string::npos) << error.what();
  }
}

TEST_F(NvmlMeterTest, AWholeWindowInRealTime) {
  NvmlMeter meter(fake_uuid, period_s);
  IdleWorkload idle;
  ThreadedRunner runner;
  const Window window = measure_window(runner, meter, idle, {.duration_s = 0.6}, {});
  EXPECT_EQ(window.status, "ok");
  ASSERT_TRUE(window.energy_per_pass_counter_j && window.energy_per_pass_samples_j);
  EXPECT_NEAR(*window.energy_per_pass_samples_j, 250, 1e-6);
  EXPECT_NEAR(*window.energy_per_pass_counter_j, 250, 25) << "on a machine that may be busy";
  EXPECT_EQ(window.other_processes, 0);
}

}  // namespace
}  // namespace clear_native
