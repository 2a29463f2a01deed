#include <gtest/gtest.h>

#include "core/sensor/reading_facts.hpp"
#include "core/sensor/sensor_watch.hpp"
#include "normal_noise.hpp"
#include "virtual_bench.hpp"

namespace clear_native {
namespace {

using testing::NormalNoise;
using testing::VirtualBench;

template <class Reading>
SensorTrace trace_of(int count, Reading reading) {
  SensorTrace trace;
  for (int i = 0; i < count; ++i) trace.readings.push_back(reading(i));
  return trace;
}

TEST(ReadingFacts, OfAKnownCounter) {
  VirtualBench bench;
  const auto stepped = watch_steps(bench, {.cycles = 2, .phase_s = 1, .steady_s = 1}, {});
  const ReadingFacts found = reading_facts(stepped.trace, true);
  EXPECT_NEAR(found.period_s.value(), 0.1, 2e-4);
  EXPECT_LT(found.period_jitter_s.value(), 0.005);
  EXPECT_NEAR(found.quantum_j.value(), 0.001, 1e-9);
  EXPECT_NEAR(found.read_median_s.value(), 0.0025, 1e-9);
  EXPECT_NEAR(found.read_p99_s.value(), 0.0025, 1e-9);
}

TEST(ReadingFacts, JitterIsTheScatterOfItsChanges) {
  NormalNoise noise(11);
  SensorTrace trace;
  double energy_j = 0;
  for (int tick = 0; tick < 300; ++tick) {
    const double change_s = 0.1 * tick + 0.004 * noise.normal();
    for (int poll = -4; poll < 5; ++poll) {
      const double at_s = 0.1 * tick + 0.01 * poll;
      const double counted_j = at_s >= change_s ? energy_j + 10 : energy_j;
      trace.readings.push_back({at_s, at_s + 1e-4, counted_j});
    }
    energy_j += 10;
  }
  const ReadingFacts found = reading_facts(trace, true);
  EXPECT_NEAR(found.period_s.value(), 0.1, 1e-4);
  EXPECT_NEAR(found.period_jitter_s.value(), 0.005, 0.002) << "with the gap between two polls";
  EXPECT_NEAR(found.quantum_j.value(), 10, 1e-9);
}

TEST(ReadingFacts, ATickThatWasMissedStillCounts) {
  const auto trace = trace_of(400, [](int i) {
    const int tick = i / 10;
    return EnergyReading{0.01 * i, 0.01 * i + 1e-3, tick == 7 || tick == 20 ? tick - 1.0 : tick};
  });
  EXPECT_NEAR(reading_facts(trace, true).period_s.value(), 0.1, 1e-9);
}

TEST(ReadingFacts, SlowReadsShowInTheir99thPercentile) {
  const auto trace = trace_of(400, [](int i) {
    return EnergyReading{0.1 * i, 0.1 * i + (i % 40 == 0 ? 0.016 : 0.002), static_cast<double>(i)};
  });
  const ReadingFacts found = reading_facts(trace, true);
  EXPECT_NEAR(found.read_median_s.value(), 0.002, 1e-9);
  EXPECT_NEAR(found.read_p99_s.value(), 0.016, 1e-9);
}

TEST(ReadingFacts, AMeterThatChangesAtEveryReadingHasNoPeriod) {
  const auto trace = trace_of(400, [](int i) { return EnergyReading{0.01 * i, 0.01 * i + 0.001, 2.5e-4 * i}; });
  const ReadingFacts found = reading_facts(trace, true);
  EXPECT_FALSE(found.period_s.has_value());
  EXPECT_FALSE(found.period_jitter_s.has_value());
  EXPECT_NEAR(found.quantum_j.value(), 2.5e-4, 1e-9);
}

TEST(ReadingFacts, AnIntegralHasItsSamplesPeriodAndNoQuantum) {
  const auto trace = trace_of(300, [](int i) {
    const double at_s = 0.02 * (i / 3);  // NOLINT(bugprone-integer-division): each is read three times
    return EnergyReading{at_s, at_s, 100 * at_s};
  });
  const ReadingFacts found = reading_facts(trace, false);
  EXPECT_NEAR(found.period_s.value(), 0.02, 1e-9);
  EXPECT_FALSE(found.quantum_j.has_value());
}

TEST(ReadingFacts, AMeterThatStandsStill) {
  const auto trace = trace_of(20, [](int i) { return EnergyReading{0.1 * i, 0.1 * i + 0.01, 5}; });
  const ReadingFacts found = reading_facts(trace, true);
  EXPECT_FALSE(found.period_s.has_value());
  EXPECT_FALSE(found.quantum_j.has_value());
  EXPECT_NEAR(found.read_median_s.value(), 0.01, 1e-9);
}

TEST(ReadingFacts, NothingWasRead) {
  EXPECT_FALSE(reading_facts({}, true).read_median_s.has_value());
  EXPECT_FALSE(reading_facts({}, true).read_p99_s.has_value());
}

}  // namespace
}  // namespace clear_native
