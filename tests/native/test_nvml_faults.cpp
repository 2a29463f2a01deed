// Faults of the driver, one after the other: each ends in a typed error or a status, none in a number.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <set>
#include <string>
#include <thread>

#include "core/errors.hpp"
#include "core/meters/nvml_choice.hpp"
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

class NvmlFaultsTest : public FakeNvml {};

/// Every code of nvmlReturn_t but success (0) and those of its buffers' sizes (7, 24).
class NvmlErrorCodes : public FakeNvml, public ::testing::WithParamInterface<int> {};

std::set<int> error_codes() {
  std::set<int> codes = {999};
  for (int code = 1; code <= 28; ++code) {
    if (code != 7) codes.insert(code);
  }
  return codes;
}

TEST_P(NvmlErrorCodes, EndTypedWhereverTheyCome) {
  const auto code = static_cast<std::uint32_t>(GetParam());
  const std::set<ErrorKind> typed = {ErrorKind::no_driver,         ErrorKind::sensor_unsupported,
                                     ErrorKind::sensor_permission, ErrorKind::sensor_fault,
                                     ErrorKind::mig_unsupported,   ErrorKind::device_lost};
  for (const int function : {FAKE_NVML_INIT, FAKE_NVML_DEVICE_BY_UUID, FAKE_NVML_TOTAL_ENERGY}) {
    control->fail[function] = code;
    const auto thrown = thrown_by([] { const NvmlMeter meter(fake_uuid, period_s); });
    EXPECT_TRUE(thrown.kind && typed.contains(*thrown.kind)) << function << ": " << thrown.message;
    EXPECT_GT(thrown.message.size(), 40U) << "says what was asked for, and what to do";
    control->fail[function] = 0;
  }
  NvmlMeter meter(fake_uuid, period_s);
  control->fail[FAKE_NVML_TOTAL_ENERGY] = code;
  const auto thrown = thrown_by([&] { meter.read(); });
  EXPECT_TRUE(thrown.kind && typed.contains(*thrown.kind)) << thrown.message;
  control->fail[FAKE_NVML_TOTAL_ENERGY] = 0;
  EXPECT_NO_THROW(meter.read()) << "one failed read breaks nothing";
}

TEST_P(NvmlErrorCodes, OfWhatIsBesideTheCounterLeaveItAbsentOrEndTyped) {
  const auto code = static_cast<std::uint32_t>(GetParam());
  for (const int function : {FAKE_NVML_SAMPLES, FAKE_NVML_CLOCK, FAKE_NVML_TEMPERATURE, FAKE_NVML_CLOCKS_EVENT_REASONS,
                             FAKE_NVML_FIELD_VALUES, FAKE_NVML_COMPUTE_PROCESSES, FAKE_NVML_CAPABILITY}) {
    control->fail[function] = code;
    try {
      NvmlMeter meter(fake_uuid, period_s);
      EXPECT_GE(meter.read().energy_j, 5000);
      EXPECT_TRUE(meter.power_samples().empty() || function != FAKE_NVML_SAMPLES);
      EXPECT_TRUE(meter.operating_point());
      EXPECT_TRUE(function != FAKE_NVML_COMPUTE_PROCESSES || !meter.other_processes());
    } catch (const Error& error) {
      EXPECT_NE(error.kind(), ErrorKind::interrupted) << error.what();
    }
    control->fail[function] = 0;
  }
}

INSTANTIATE_TEST_SUITE_P(All, NvmlErrorCodes, ::testing::ValuesIn(error_codes()),
                         [](const auto& tested) { return "Code" + std::to_string(tested.param); });

TEST_F(NvmlFaultsTest, ACounterThatJumpsIsAFaultOnceAndTheJumpIsNoEnergy) {
  control->virtual_ns = 2'000'000'000;
  NvmlMeter meter(fake_uuid, period_s);
  const double before_j = meter.read().energy_j;
  control->devices[0].base_mj += 1'000'000'000;  // a megajoule
  const auto thrown = thrown_by([&] { meter.read(); });
  EXPECT_EQ(thrown.kind, ErrorKind::sensor_fault);
  EXPECT_NE(thrown.message.find("jumped"), std::string::npos) << thrown.message;
  control->virtual_ns = 3'000'000'000;
  EXPECT_NEAR(meter.read().energy_j - before_j, 250, 1e-3);
}

TEST_F(NvmlFaultsTest, ACounterThatStandsStillEndsTheWindowWithoutAnEnergy) {
  control->virtual_ns = 1'000'000'000;
  NvmlMeter meter(fake_uuid, period_s);
  IdleWorkload idle;
  ThreadedRunner runner;
  const Window window = measure_window(runner, meter, idle, {.duration_s = 5}, {});
  EXPECT_EQ(window.status, "counter_stalled");
  EXPECT_FALSE(window.energy_per_pass_j);
  EXPECT_FALSE(window.energy_per_pass_samples_j) << "then the samples are not trusted either";
}

TEST_F(NvmlFaultsTest, ReadsThatTakeATenthOfASecondGiveTheTruthOrNothing) {
  NvmlMeter meter(fake_uuid, period_s);
  control->slow_ns[FAKE_NVML_TOTAL_ENERGY] = 100'000'000;
  IdleWorkload idle;
  ThreadedRunner runner;
  for (const std::uint32_t sample_period_us : {20'000U, 0U}) {
    control->sample_period_us = sample_period_us;
    const Window window = measure_window(runner, meter, idle, {.duration_s = 1.0}, {});
    for (const auto& energy_j : {window.energy_per_pass_counter_j, window.energy_per_pass_samples_j}) {
      if (!energy_j) continue;
      EXPECT_NEAR(*energy_j, 250, 25) << window.ticks.size() << " ticks, " << window.status;
    }
    EXPECT_TRUE(window.energy_per_pass_j || window.status != "ok");
    meter.power_samples();
  }
}

TEST_F(NvmlFaultsTest, AGpuThatIsLostInAWindowEndsItTypedAndDrained) {
  NvmlMeter meter(fake_uuid, period_s);
  IdleWorkload idle;
  ThreadedRunner runner;
  std::thread fate([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    __atomic_store_n(&control->fail[FAKE_NVML_TOTAL_ENERGY], 15U, __ATOMIC_RELAXED);
  });
  const auto thrown = thrown_by([&] { measure_window(runner, meter, idle, {.duration_s = 30}, {}); });
  fate.join();
  EXPECT_EQ(thrown.kind, ErrorKind::device_lost);
  control->fail[FAKE_NVML_TOTAL_ENERGY] = 0;
  EXPECT_EQ(measure_window(runner, meter, idle, {.duration_s = 0.6}, {}).status, "ok") << "the next one runs";
}

TEST_F(NvmlFaultsTest, AGpuThatIsResetInAWindowEndsItTyped) {
  NvmlMeter meter(fake_uuid, period_s);
  IdleWorkload idle;
  ThreadedRunner runner;
  std::thread fate([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    __atomic_store_n(&control->devices[0].base_mj, 0U, __ATOMIC_RELAXED);
  });
  const auto thrown = thrown_by([&] { measure_window(runner, meter, idle, {.duration_s = 30}, {}); });
  fate.join();
  EXPECT_EQ(thrown.kind, ErrorKind::sensor_fault);
  EXPECT_NE(thrown.message.find("went back"), std::string::npos) << thrown.message;
}

}  // namespace
}  // namespace clear_native
