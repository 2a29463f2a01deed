#include <gtest/gtest.h>

#include "core/rounds/round_runner.hpp"
#include "simulated_bench.hpp"

namespace clear_native {
namespace {

using testing::SimulatedBench;

/// A meter whose readings throw between two times.
class FaultyMeter final : public EnergyMeter {
 public:
  FaultyMeter(SimulatedBench& bench, double from_s, double to_s) : bench_(bench), from_s_(from_s), to_s_(to_s) {}
  [[nodiscard]] MeterTraits traits() const override { return bench_.device.traits(); }
  EnergyReading read() override {
    const double now_s = bench_.clock->now_s();
    if (now_s >= from_s_ && now_s < to_s_) throw Error(ErrorKind::sensor_fault, "the meter's own words");
    return bench_.device.read();
  }
  std::vector<PowerSample> power_samples() override { return bench_.device.power_samples(); }

 private:
  SimulatedBench& bench_;
  double from_s_;
  double to_s_;
};

struct Fixture {
  explicit Fixture(double fault_from_s = 1e9, double fault_to_s = 1e9)
      : meter(bench, fault_from_s, fault_to_s),
        other(bench.device, {.power_w = 150, .time_s = 100e-6}, 20),
        targets({{.name = "a", .role = TargetRole::component, .workload = &bench.workload},
                 {.name = "b", .role = TargetRole::component, .workload = &other}}),
        rounds(bench.runner, meter, targets, options, watch, result) {}

  SimulatedBench bench;
  FaultyMeter meter;
  testing::SimulatedWorkload other;
  std::vector<Target> targets;
  RoundsOptions options;
  RoundsWatch watch;
  RoundsResult result;
  RoundRunner rounds;
};

TEST(RoundRunner, LearnsTheOverheadOfAWindow) {
  Fixture fixture;
  const double guess_s = fixture.rounds.expected_round_s({0.2, 0.3});
  EXPECT_GT(guess_s, 0.5);
  ASSERT_EQ(fixture.rounds.run(0, {0.2, 0.3}), RoundRunner::End::complete);
  const double took_s = fixture.rounds.elapsed_s();
  EXPECT_NEAR(fixture.rounds.expected_round_s({0.2, 0.3}), took_s, 0.01);
  EXPECT_NEAR(fixture.rounds.overhead_s(0), 0.17, 0.04);
}

TEST(RoundRunner, AFaultThrownByTheMeterIsRepeatedOnce) {
  Fixture fixture(testing::bench_begin_s, testing::bench_begin_s + 0.001);
  ASSERT_EQ(fixture.rounds.run(0, {0.2, 0.2}), RoundRunner::End::complete);
  ASSERT_EQ(fixture.result.windows.size(), 2U);
  EXPECT_EQ(fixture.result.windows.back().position, 2);
}

TEST(RoundRunner, AFaultThatPersistsFailsWithTheMetersWords) {
  Fixture fixture(testing::bench_begin_s + 0.1, 1e9);
  EXPECT_EQ(fixture.rounds.run(0, {0.2, 0.2}), RoundRunner::End::failed);
  EXPECT_EQ(fixture.result.failure_kind, ErrorKind::sensor_fault);
  EXPECT_NE(fixture.result.failure_message.find("the meter's own words"), std::string::npos);
}

TEST(RoundRunner, EndsWhenTimeIsUp) {
  Fixture fixture;
  fixture.options.max_time_s = 0.3;
  EXPECT_EQ(fixture.rounds.run(0, {0.2, 0.2}), RoundRunner::End::out_of_time);
  EXPECT_EQ(fixture.result.windows.size(), 1U);
}

TEST(IsSensorFailure, OfTheCounterOnly) {
  Window window;
  for (const char* status : {"ok", "too_few_ticks", "unsteady"}) {
    window.status = status;
    EXPECT_FALSE(is_sensor_failure(window)) << status;
  }
  for (const char* status : {"counter_went_back", "counter_stalled"}) {
    window.status = status;
    EXPECT_TRUE(is_sensor_failure(window)) << status;
  }
}

}  // namespace
}  // namespace clear_native
