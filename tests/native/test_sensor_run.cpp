#include <gtest/gtest.h>

#include <memory>

#include "core/meters/scripted_meter.hpp"
#include "core/sensor/sensor_run.hpp"
#include "core/windows/clock.hpp"
#include "thrown.hpp"
#include "virtual_bench.hpp"

namespace clear_native {
namespace {

using testing::thrown_by;
using testing::VirtualBench;

std::shared_ptr<EnergyMeter> scripted() {
  return std::make_shared<ScriptedMeter>(Script{.power_w = {{SteadyClock().now_s() - 1, 88.0}}, .period_s = 0.02});
}

/// A device that has been opened so far as its log says.
struct Device {
  std::string log;

  SensorSubject subject() {
    return {.open_at_rest =
                [this] {
                  log += "rest ";
                  return scripted();
                },
            .open_meter =
                [this] {
                  log += "meter ";
                  return scripted();
                },
            .open_bench = [this](const std::shared_ptr<EnergyMeter>& meter) -> std::unique_ptr<SensorBench> {
              log += meter->traits().name;
              return std::make_unique<VirtualBench>();
            }};
  }
};

TEST(RunSensor, WatchesTheDeviceAtRestBeforeAnythingOpensIt) {
  Device device;
  std::vector<std::string> seen;
  const SensorResult found =
      run_sensor(device.subject(), 4, {.interrupted = {}, .progress = [&](const SensorProgress& now) {
                                         if (now.stage == SensorStage::opening) seen.push_back(device.log);
                                       }});
  EXPECT_EQ(seen, std::vector<std::string>{"rest "}) << "deep idle is over then";
  EXPECT_EQ(device.log, "rest meter scripted");
  EXPECT_NEAR(found.deep_idle_w.value(), 88, 5);
  EXPECT_TRUE(found.active_idle_w.has_value());
  EXPECT_FALSE(found.interrupted);
  EXPECT_GT(found.elapsed_s, 0.3);
}

TEST(RunSensor, ADeviceThatMayNotBeWatchedAtRestSaysWhy) {
  Device device;
  SensorSubject subject = device.subject();
  subject.open_at_rest = []() -> std::shared_ptr<EnergyMeter> { throw Error(ErrorKind::sensor_permission, "chmod"); };
  const SensorResult found = run_sensor(subject, 4, {});
  EXPECT_FALSE(found.deep_idle_w.has_value());
  EXPECT_EQ(found.notes.at(0), "Deep idle power was not measured: chmod");
  EXPECT_TRUE(found.active_idle_w.has_value());
}

TEST(RunSensor, InterruptedAtRestItOpensNothing) {
  Device device;
  const SensorResult found = run_sensor(device.subject(), 4, {.interrupted = [] { return true; }, .progress = {}});
  EXPECT_TRUE(found.interrupted);
  EXPECT_EQ(device.log, "rest ");
  EXPECT_FALSE(found.deep_idle_w || found.active_idle_w);
}

TEST(RunSensor, WhatWasFoundAtRestIsKeptWhenInterruptedLater) {
  Device device;
  const auto interrupted = [&] { return device.log.find("scripted") != std::string::npos; };
  const SensorResult found = run_sensor(device.subject(), 4, {.interrupted = interrupted, .progress = {}});
  EXPECT_TRUE(found.interrupted);
  EXPECT_TRUE(found.deep_idle_w.has_value());
  EXPECT_FALSE(found.active_idle_w.has_value());
}

TEST(RunSensor, NoSensorIsAnError) {
  Device device;
  SensorSubject subject = device.subject();
  subject.open_at_rest = {};
  subject.open_meter = []() -> std::shared_ptr<EnergyMeter> { throw Error(ErrorKind::sensor_unsupported, "none"); };
  EXPECT_EQ(thrown_by([&] { run_sensor(subject, 4, {}); }).kind, ErrorKind::sensor_unsupported);
  EXPECT_EQ(thrown_by([&] { run_sensor(subject, 3, {}); }).kind, ErrorKind::bad_input) << "before it opens anything";
}

}  // namespace
}  // namespace clear_native
