#include <gtest/gtest.h>

#include <memory>

#include "core/errors.hpp"
#include "core/meters/scripted_meter.hpp"
#include "thrown.hpp"
#include "virtual_runner.hpp"

namespace clear_native {
namespace {

using testing::thrown_by;
using testing::VirtualClock;

struct Scripted {
  explicit Scripted(Script script)
      : meter(std::move(script), clock, [this](double seconds) { clock->advance_to(clock->now_s() + seconds); }) {}
  std::shared_ptr<VirtualClock> clock = std::make_shared<VirtualClock>(1000.0);
  ScriptedMeter meter;
};

TEST(ScriptedMeter, CountsWhatItsScriptSaysAtEveryPeriod) {
  Scripted scripted({.power_w = {{1000.0, 100}, {1001.0, 300}}, .period_s = 0.1, .quantum_j = 0.5});
  scripted.clock->advance_to(1000.17);
  EXPECT_DOUBLE_EQ(scripted.meter.read().energy_j, 10.0);
  scripted.clock->advance_to(1001.255);
  EXPECT_DOUBLE_EQ(scripted.meter.read().energy_j, 160.0) << "100 J, and 300 W for the two periods since";
  EXPECT_DOUBLE_EQ(scripted.meter.energy_between_j(1000.5, 1001.5), 50 + 150);
  EXPECT_DOUBLE_EQ(scripted.meter.energy_between_j(0, 999), 0);
}

TEST(ScriptedMeter, AReadTakesItsTimeAndTellsTheCounterOfItsMiddle) {
  Scripted scripted({.power_w = {{1000.0, 100}}, .period_s = 0, .quantum_j = 0, .read_s = 0.01});
  scripted.clock->advance_to(1001.0);
  const EnergyReading reading = scripted.meter.read();
  EXPECT_DOUBLE_EQ(reading.begin_s, 1001.0);
  EXPECT_DOUBLE_EQ(reading.end_s, 1001.01);
  EXPECT_NEAR(reading.energy_j, 100.5, 1e-9);
}

TEST(ScriptedMeter, SamplesAreMeansOfTheirPeriodAndComeOnce) {
  Scripted scripted({.power_w = {{1000.0, 100}, {1000.05, 300}}, .sample_period_s = 0.02, .sample_lag_s = 0.01});
  EXPECT_TRUE(scripted.meter.traits().has_power_samples);
  scripted.clock->advance_to(1000.0905);
  const std::vector<PowerSample> samples = scripted.meter.power_samples();
  ASSERT_GE(samples.size(), 4U);
  EXPECT_NEAR(samples.back().time_s, 1000.08, 1e-9);
  EXPECT_NEAR(samples.back().power_w, 300, 1e-6);
  EXPECT_NEAR(samples[samples.size() - 2].power_w, 200, 1e-6) << "half of each";
  EXPECT_TRUE(scripted.meter.power_samples().empty());
}

TEST(ScriptedMeter, BreaksWhenItsScriptSaysSo) {
  Scripted back({.power_w = {{1000.0, 100}}, .faults = {.back_at_s = 1001.0}});
  back.clock->advance_to(1001.25);
  EXPECT_NEAR(back.meter.read().energy_j, 20, 1e-6);
  Scripted stalled({.power_w = {{1000.0, 100}}, .faults = {.stalls_at_s = 1001.05}});
  stalled.clock->advance_to(1009);
  EXPECT_NEAR(stalled.meter.read().energy_j, 100, 1e-6);
  Scripted lost({.power_w = {{1000.0, 100}}, .faults = {.lost_at_s = 1001.0}});
  EXPECT_NO_THROW(lost.meter.read());
  lost.clock->advance_to(1001.0);
  EXPECT_EQ(thrown_by([&] { lost.meter.read(); }).kind, ErrorKind::device_lost);
}

TEST(ScriptedMeter, RefusesAScriptThatCannotBe) {
  EXPECT_EQ(thrown_by([] { ScriptedMeter({}); }).kind, ErrorKind::bad_input);
  EXPECT_EQ(thrown_by([] { ScriptedMeter({.power_w = {{1, -5}}}); }).kind, ErrorKind::bad_input);
  EXPECT_EQ(thrown_by([] { ScriptedMeter({.power_w = {{1, 5}, {1, 6}}}); }).kind, ErrorKind::bad_input);
  EXPECT_EQ(thrown_by([] { ScriptedMeter({.power_w = {{1, 5}}, .period_s = -1}); }).kind, ErrorKind::bad_input);
}

}  // namespace
}  // namespace clear_native
