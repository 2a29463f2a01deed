#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/sensor/characterize.hpp"
#include "thrown.hpp"
#include "virtual_bench.hpp"

namespace clear_native {
namespace {

using testing::KnownSensor;
using testing::thrown_by;
using testing::virtual_idle_w;
using testing::virtual_load_w;
using testing::VirtualBench;
using testing::VirtualPower;

const MeterTraits counter = [] {
  MeterTraits traits;
  traits.name = "nvml_counter";
  traits.scope = "gpu";
  return traits;
}();

const FieldFacts& field_of(const SensorResult& result, const std::string& name) {
  return *std::find_if(result.fields.begin(), result.fields.end(),
                       [&](const FieldFacts& field) { return field.name == name; });
}

bool told(const SensorResult& result, const std::string& words) {
  return std::any_of(result.notes.begin(), result.notes.end(),
                     [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

TEST(Characterize, FindsEverythingOfAKnownSensor) {
  VirtualBench bench({.look_period_s = 0.8e-3});
  const SensorResult found = characterize(bench, counter, 30, {});
  EXPECT_EQ(found.meter.name, "nvml_counter");
  EXPECT_NEAR(found.period_s.value(), 0.1, 5e-4);
  EXPECT_LT(found.period_jitter_s.value(), 0.005);
  EXPECT_NEAR(found.quantum_j.value(), 0.001, 1e-9);
  EXPECT_NEAR(found.read_median_s.value(), 0.0025, 1e-9);
  EXPECT_NEAR(found.read_p99_s.value(), 0.0025, 1e-9);
  EXPECT_NEAR(found.active_idle_w.value(), virtual_idle_w, 0.01 * virtual_idle_w);
  EXPECT_NEAR(found.load_w.value(), virtual_load_w, 0.01 * virtual_load_w);
  EXPECT_NEAR(field_of(found, "usage").averaging_s.value(), 1, 0.05);
  EXPECT_NEAR(field_of(found, "samples").counter_ratio.value(), 1, 0.003);
  EXPECT_NEAR(found.shortest_window_s.value(), 0.02, 0.011);
  EXPECT_NEAR(found.look_period_s.value(), 0.8e-3, 0.006 * 0.8e-3);
  EXPECT_TRUE(found.look_s.has_value());
  EXPECT_TRUE(found.notes.empty());
  EXPECT_FALSE(found.deep_idle_w.has_value()) << "that no bench tells";
  EXPECT_FALSE(found.interrupted);
  EXPECT_EQ(bench.power(), VirtualPower::idle);
}

TEST(Characterize, WhatIsNotThereIsAbsent) {
  VirtualBench bench({.sample_period_s = std::nullopt,
                      .instant_period_s = std::nullopt,
                      .usage_averaging_s = std::nullopt,
                      .can_alternate = false});
  MeterTraits traits = counter;
  traits.note = "an integral";
  const SensorResult found = characterize(bench, traits, 8, {});
  ASSERT_EQ(found.fields.size(), 1U);
  EXPECT_EQ(found.fields[0].name, "counter");
  EXPECT_FALSE(found.look_period_s || found.look_s);
  EXPECT_EQ(found.notes.at(0), "an integral");
  EXPECT_TRUE(told(found, "averages over a second is not seen in less than 25 s")) << "8 s are too short for that";
  EXPECT_TRUE(told(found, "part of the time is not seen in less than 19"));
}

class BenchWithoutFields final : public VirtualBench {
 public:
  std::vector<std::string> field_names() override { return {}; }
};

TEST(Characterize, OneWithoutFieldsMissesNothingInAShortTime) {
  BenchWithoutFields bench;
  EXPECT_TRUE(characterize(bench, counter, 8, {}).notes.empty());
}

TEST(Characterize, AnIntegralHasNoQuantum) {
  VirtualBench bench;
  MeterTraits traits = counter;
  traits.integrates_power = true;
  const SensorResult found = characterize(bench, traits, 8, {});
  EXPECT_FALSE(found.quantum_j.has_value());
  EXPECT_FALSE(field_of(found, "samples").counter_ratio.has_value());
}

TEST(Characterize, TakesTheTimeThatItIsGiven) {
  for (const double max_time_s : {4.0, 18.8, 30.0}) {
    VirtualBench bench({.look_period_s = 0.8e-3});
    const SensorResult found = characterize(bench, counter, max_time_s, {});
    const double with_deep_idle_s = found.elapsed_s + deep_idle_share * max_time_s;
    EXPECT_DOUBLE_EQ(found.elapsed_s, bench.now_s() - 100);
    EXPECT_GT(with_deep_idle_s, 0.6 * max_time_s);
    EXPECT_LT(with_deep_idle_s, max_time_s);
  }
}

TEST(Characterize, TellsItsProgressWhileNoLoadRuns) {
  VirtualBench bench;
  std::vector<SensorProgress> seen;
  const SensorWatch watch{.interrupted = {}, .progress = [&](const SensorProgress& now) {
                            EXPECT_EQ(bench.power(), VirtualPower::idle);
                            seen.push_back(now);
                          }};
  characterize(bench, counter, 30, watch);
  ASSERT_GT(seen.size(), 10U);
  for (std::size_t i = 1; i < seen.size(); ++i) {
    EXPECT_GE(seen[i].stage, seen[i - 1].stage);
    EXPECT_LT(seen[i].elapsed_s - seen[i - 1].elapsed_s, 8) << "what stands still looks like a program that hangs";
    EXPECT_EQ(seen[i].expected_s, 30);
    EXPECT_STRNE(words_of(seen[i].stage), "");
  }
  EXPECT_EQ(seen.front().stage, SensorStage::waking);
  EXPECT_EQ(seen.back().stage, SensorStage::part_time);
}

/// Interrupted from a moment of the bench's clock on.
SensorResult interrupted_after(double elapsed_s) {
  VirtualBench bench({.look_period_s = 0.8e-3});
  const SensorResult found = characterize(
      bench, counter, 30, {.interrupted = [&] { return bench.now_s() - 100 > elapsed_s; }, .progress = {}});
  EXPECT_TRUE(found.interrupted);
  EXPECT_EQ(bench.power(), VirtualPower::idle) << elapsed_s;
  EXPECT_LT(found.elapsed_s, std::max(0.0, elapsed_s) + 0.2 + (elapsed_s > 17 ? 0.3 : 0.0))
      << "an alternating load runs to its end";
  return found;
}

TEST(Characterize, WhatWasFinishedWhenInterruptedIsKept) {
  EXPECT_FALSE(interrupted_after(-1).active_idle_w.has_value());
  EXPECT_FALSE(interrupted_after(0.1).active_idle_w.has_value());
  EXPECT_FALSE(interrupted_after(2).active_idle_w.has_value());
  const SensorResult in_steps = interrupted_after(8);
  EXPECT_TRUE(in_steps.active_idle_w.has_value());
  EXPECT_FALSE(in_steps.period_s || in_steps.load_w);
  const SensorResult in_part_time = interrupted_after(20);
  EXPECT_TRUE(in_part_time.period_s && in_part_time.load_w && in_part_time.shortest_window_s);
  EXPECT_EQ(in_part_time.fields.size(), 4U);
  EXPECT_FALSE(in_part_time.look_period_s.has_value());
}

class BrokenBench final : public VirtualBench {
 public:
  double stop_load() override {
    VirtualBench::stop_load();
    throw Error(ErrorKind::workload_failed, "ended early");
  }
};

TEST(Characterize, ALoadThatFailsIsNotTakenForIdling) {
  BrokenBench bench;
  EXPECT_EQ(thrown_by([&] { characterize(bench, counter, 30, {}); }).kind, ErrorKind::workload_failed);
}

TEST(Characterize, NoTime) {
  VirtualBench bench;
  for (const double max_time_s :
       {3.9, 0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const auto thrown = thrown_by([&] { characterize(bench, counter, max_time_s, {}); });
    EXPECT_EQ(thrown.kind, ErrorKind::bad_input);
    EXPECT_NE(thrown.message.find("at least 4"), std::string::npos) << thrown.message;
  }
}

}  // namespace
}  // namespace clear_native
