#include <gtest/gtest.h>

#include <stdexcept>

#include "core/sensor/sensor_watch.hpp"
#include "thrown.hpp"
#include "virtual_bench.hpp"

namespace clear_native {
namespace {

using testing::thrown_by;
using testing::virtual_idle_w;
using testing::virtual_load_w;
using testing::VirtualBench;
using testing::VirtualPower;

TEST(WatchSensor, SeesEverything) {
  VirtualBench bench;
  const SensorTrace trace = watch_sensor(bench, 2, {});
  EXPECT_NEAR(static_cast<double>(trace.ticks().size()), 20, 1);
  EXPECT_NEAR(static_cast<double>(trace.samples.size()), 100, 2);
  EXPECT_NEAR(*trace.mean_power_w(trace.begin_s, trace.end_s), virtual_idle_w, 0.01 * virtual_idle_w);
  ASSERT_EQ(trace.fields.size(), 2U);
  EXPECT_EQ(trace.fields[0].name, "instant");
  EXPECT_EQ(trace.fields[1].name, "usage");
  EXPECT_NEAR(trace.fields[0].read_s[0], 3e-6, 1e-9);
  EXPECT_EQ(trace.fields[0].seen.size(), trace.readings.size());
}

TEST(WatchSensor, WithoutSamplesTheCounterTellsThePower) {
  VirtualBench bench({.sample_period_s = std::nullopt, .instant_period_s = std::nullopt});
  const SensorTrace trace = watch_sensor(bench, 2, {});
  EXPECT_TRUE(trace.samples.empty());
  ASSERT_EQ(trace.fields.size(), 1U) << "a field that is not there after all";
  EXPECT_EQ(trace.fields[0].name, "usage");
  EXPECT_NEAR(*trace.mean_power_w(trace.begin_s, trace.end_s), virtual_idle_w, 0.02 * virtual_idle_w);
}

TEST(WatchSensor, StepsAreToldWithTheirTimes) {
  VirtualBench bench;
  int told = 0;
  const BenchWatch watch{.interrupted = {}, .between = [&] {
                           EXPECT_EQ(bench.power(), VirtualPower::idle);
                           ++told;
                         }};
  const auto [trace, begin_s, end_s] = watch_steps(bench, {.cycles = 2, .phase_s = 0.5, .steady_s = 1}, watch);
  ASSERT_EQ(trace.edges.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(trace.edges[i].on, i % 2 == 0);
  EXPECT_NEAR(end_s - begin_s, 1, 0.02);
  EXPECT_NEAR(*trace.mean_power_w(begin_s, end_s), virtual_load_w, 0.01 * virtual_load_w);
  EXPECT_NEAR(trace.edges[0].time_s - trace.begin_s, 0.5, 0.02);
  EXPECT_NE(trace.edges[1].time_s - trace.edges[0].time_s, 0.5) << "phases differ, not to keep step with the sensor";
  EXPECT_EQ(told, 2);
}

class FailingBench final : public VirtualBench {
 public:
  std::vector<PowerSample> samples() override {
    if (power() == VirtualPower::load) throw std::runtime_error("lost");
    return VirtualBench::samples();
  }
};

TEST(WatchSensor, TheLoadEndsHoweverWatchingDoes) {
  FailingBench bench;
  EXPECT_THROW(watch_steps(bench, {.cycles = 2, .phase_s = 1, .steady_s = 1}, {}), std::runtime_error);
  EXPECT_EQ(bench.power(), VirtualPower::idle);
}

TEST(WatchSensor, AnInterruptionIsSeenWithin100Milliseconds) {
  VirtualBench bench;
  double asked_s = bench.now_s();
  double longest_s = 0;
  bool loaded = false;
  const BenchWatch watch{.interrupted =
                             [&] {
                               longest_s = std::max(longest_s, bench.now_s() - asked_s);
                               asked_s = bench.now_s();
                               loaded = bench.power() == VirtualPower::load;
                               return loaded;
                             },
                         .between = {}};
  const auto thrown = thrown_by([&] { watch_steps(bench, {.cycles = 2, .phase_s = 1, .steady_s = 1}, watch); });
  EXPECT_EQ(thrown.kind, ErrorKind::interrupted);
  EXPECT_TRUE(loaded);
  EXPECT_EQ(bench.power(), VirtualPower::idle);
  EXPECT_GT(longest_s, 0.05);
  EXPECT_LT(longest_s, 0.12);
}

TEST(WatchSensor, RestingIsInterruptedToo) {
  VirtualBench bench;
  int asked = 0;
  rest(bench, 0.35, {.interrupted = [&] { return ++asked > 100; }, .between = {}});
  EXPECT_EQ(asked, 4);
  EXPECT_NEAR(bench.now_s(), 100.35, 1e-9);
  const auto thrown = thrown_by([&] { rest(bench, 1, {.interrupted = [] { return true; }, .between = {}}); });
  EXPECT_EQ(thrown.kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace clear_native
