#include <gtest/gtest.h>

#include <map>

#include "core/sensor/field_facts.hpp"
#include "core/sensor/sensor_watch.hpp"
#include "virtual_bench.hpp"

namespace clear_native {
namespace {

using testing::KnownSensor;
using testing::VirtualBench;

std::map<std::string, FieldFacts> facts_of(const KnownSensor& known, const StepPlan& plan, bool is_counter) {
  VirtualBench bench(known);
  std::map<std::string, FieldFacts> found;
  for (const FieldFacts& facts : field_facts(watch_steps(bench, plan, {}).trace, is_counter)) found[facts.name] = facts;
  return found;
}

TEST(FieldFacts, OfAKnownSensor) {
  const auto found = facts_of({.counter_gain = 1.02}, {.cycles = 3, .phase_s = 1.6, .steady_s = 1}, true);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_NEAR(found.at("samples").period_s.value(), 0.02, 1e-6);
  EXPECT_NEAR(found.at("instant").period_s.value(), 0.1, 0.005);
  EXPECT_FALSE(found.at("instant").averaging_s.has_value());
  EXPECT_NEAR(found.at("usage").averaging_s.value(), 1.0, 0.05);
  EXPECT_NEAR(found.at("usage").lag_s.value(), 0.55, 0.05);
  EXPECT_NEAR(found.at("counter").lag_s.value(), 0.1, 0.04) << "a mean over its period, that holds for another";
  EXPECT_NEAR(found.at("counter").period_s.value(), 0.1, 2e-4);
  EXPECT_FALSE(found.at("counter").counter_ratio.has_value());
  EXPECT_FALSE(found.at("counter").read_median_s.has_value());
  EXPECT_NEAR(found.at("samples").lag_s.value(), 0.02, 0.015);
  EXPECT_FALSE(found.at("samples").read_median_s.has_value());
  EXPECT_NEAR(found.at("samples").counter_ratio.value(), 1.02, 0.003);
  EXPECT_NEAR(found.at("instant").counter_ratio.value(), 1.02, 0.02);
  EXPECT_NEAR(found.at("usage").counter_ratio.value(), 1.02, 0.01);
  EXPECT_NEAR(found.at("instant").read_median_s.value(), 3e-6, 1e-9);
}

TEST(FieldFacts, AnIntegralIsNotComparedWithItself) {
  const auto found = facts_of({}, {.cycles = 1, .phase_s = 1, .steady_s = 1}, false);
  EXPECT_FALSE(found.contains("counter"));
  EXPECT_FALSE(found.at("samples").counter_ratio.has_value());
}

TEST(FieldFacts, OfAMeterThatStandsStillNothing) {
  SensorTrace trace;
  EXPECT_TRUE(field_facts(trace, true).empty());
  trace.readings = {{0, 0.1, 5}};
  EXPECT_TRUE(field_facts(trace, true).empty());
}

TEST(FieldFacts, AFieldThatWasSeenOnceTellsItsReadAlone) {
  SensorTrace trace;
  trace.fields = {{.name = "instant", .seen = {{1.0, 200}}, .read_s = {1e-5}}};
  const auto found = field_facts(trace, true);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].read_median_s, 1e-5);
  EXPECT_FALSE(found[0].period_s || found[0].lag_s || found[0].counter_ratio);
}

}  // namespace
}  // namespace clear_native
