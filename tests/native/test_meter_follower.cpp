#include <gtest/gtest.h>

#include <cmath>

#include "core/monitor/meter_follower.hpp"
#include "followed_meter.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

using testing::FollowedMeter;
using testing::NormalNoise;

/// Power that steps to a random level about every `every_s`, whatever the windows are.
Script random_steps(std::uint64_t seed, double every_s) {
  NormalNoise noise(seed);
  Script script;
  script.power_w.emplace_back(990.0, 90.0);
  double time_s = 1000.2;
  for (int i = 0; i < 60; ++i) {
    script.power_w.emplace_back(time_s, 100 + 600 * noise.uniform());
    time_s += 0.05 + 2 * (every_s - 0.05) * noise.uniform();
  }
  return script;
}

struct Coverage {
  int windows = 0;
  int held = 0;
  int absent = 0;
  double relative_sum = 0;
};

Coverage coverage_of(const std::function<Script(int)>& script_of, double shortest_s) {
  Coverage coverage;
  for (int seed = 1; seed <= 80; ++seed) {
    NormalNoise noise(static_cast<std::uint64_t>(1000 + seed));
    FollowedMeter followed(script_of(seed));
    followed.run_until(1000.5 + noise.uniform());
    for (const double length_s : {1.0, 0.3, 2.0, 0.5, 3.0}) {
      followed.run_until(followed.clock->now_s() + 1.5 * noise.uniform());
      const auto begin = followed.mark();
      followed.run_until(followed.clock->now_s() + length_s * (0.8 + 0.4 * noise.uniform()));
      const auto end = followed.mark();
      const WindowEnergy found = followed.energy(*begin, *end);
      if (!found.energy_j) {
        coverage.absent += length_s >= shortest_s ? 1 : 0;
        continue;
      }
      const double truth_j = followed.truth_j(*begin, *end);
      ++coverage.windows;
      coverage.held += std::abs(*found.energy_j - truth_j) <= *found.half_width_j ? 1 : 0;
      coverage.relative_sum += *found.half_width_j / truth_j;
    }
  }
  return coverage;
}

struct Kind {
  const char* name;
  double period_s;
  double read_s;
  double sample_period_s;
  double relative_at_most;  // mean half-width
};

class MeterFollowerCoverage : public ::testing::TestWithParam<Kind> {};

TEST_P(MeterFollowerCoverage, TheTruthIsWithinTheUncertainty) {
  for (const double every_s : {0.3, 1.0}) {
    const auto script_of = [&](int seed) {
      Script script = random_steps(static_cast<std::uint64_t>(seed), every_s);
      script.period_s = GetParam().period_s;
      script.read_s = GetParam().read_s;
      script.sample_period_s = GetParam().sample_period_s;
      script.sample_lag_s = GetParam().sample_period_s;
      return script;
    };
    const Coverage coverage = coverage_of(script_of, 0.5);
    EXPECT_EQ(coverage.absent, 0);
    EXPECT_GE(coverage.held, 0.95 * coverage.windows) << every_s;
    EXPECT_LT(coverage.relative_sum / coverage.windows, GetParam().relative_at_most) << every_s;
  }
}

INSTANTIATE_TEST_SUITE_P(Meters, MeterFollowerCoverage,
                         ::testing::Values(Kind{"counter", 0.1, 0.0024, 0, 0.06},
                                           Kind{"samples", 0.1, 0.0024, 0.02, 0.05}, Kind{"fast", 0.001, 1e-5, 0, 0.01},
                                           Kind{"continuous", 0, 0, 0, 0.001}),
                         [](const auto& kind) { return kind.param.name; });

TEST(MeterFollower, SteadyPowerIsKnownWell) {
  FollowedMeter followed({.power_w = {{990.0, 400.0}}, .read_s = 0.0024});
  followed.run_until(1001);
  const auto begin = followed.mark();
  followed.run_until(1011);
  const auto end = followed.mark();
  const WindowEnergy found = followed.energy(*begin, *end);
  ASSERT_TRUE(found.energy_j) << found.status;
  EXPECT_NEAR(*found.energy_j, 4000, *found.half_width_j);
  EXPECT_LT(*found.half_width_j, 0.002 * 4000);
}

TEST(MeterFollower, NestedWindowsShareTheirEdges) {
  FollowedMeter followed(random_steps(7, 0.5));
  followed.run_until(1001);
  const auto outer_begin = followed.mark();
  followed.run_until(1001.4);
  const auto inner_begin = followed.mark();
  followed.run_until(1002.9);
  const auto inner_end = followed.mark();
  followed.run_until(1003.3);
  const auto outer_end = followed.mark();
  const WindowEnergy outer = followed.energy(*outer_begin, *outer_end);
  const WindowEnergy inner = followed.energy(*inner_begin, *inner_end);
  const WindowEnergy before = followed.energy(*outer_begin, *inner_begin);
  const WindowEnergy after = followed.energy(*inner_end, *outer_end);
  EXPECT_NEAR(*outer.energy_j, *before.energy_j + *inner.energy_j + *after.energy_j, 1e-9);
  EXPECT_NEAR(*inner.energy_j, followed.truth_j(*inner_begin, *inner_end), *inner.half_width_j);
}

TEST(MeterFollower, AnAlignedWindowGoesFromChangeToChange) {
  FollowedMeter followed({.power_w = {{990.0, 90.0}, {1001.33, 700}, {1003.04, 90}}, .read_s = 0.0024});
  followed.run_until(1001.02);
  const auto begin = followed.mark(true);
  EXPECT_FALSE(begin->time_s());
  followed.run_until(1001.2);
  EXPECT_TRUE(begin->is_aligned());
  EXPECT_NEAR(*begin->time_s(), 1001.1, 0.004);
  followed.run_until(1003.05);
  const auto end = followed.mark(true);
  const WindowEnergy found = followed.energy(*begin, *end);
  EXPECT_NEAR(*end->time_s(), 1003.1, 0.004);
  ASSERT_TRUE(found.energy_j) << found.status;
  EXPECT_NEAR(*found.energy_j, followed.meter->energy_between_j(1001.1, 1003.1), 0.003) << "as the counter has it";
  EXPECT_LT(*found.half_width_j, 0.003);
}

TEST(MeterFollower, ReadsSeldomAwayFromEdges) {
  struct Counting final : EnergyMeter {
    explicit Counting(std::shared_ptr<ScriptedMeter> meter) : scripted(std::move(meter)) {}
    [[nodiscard]] MeterTraits traits() const override { return scripted->traits(); }
    EnergyReading read() override {
      ++reads;
      return scripted->read();
    }
    std::shared_ptr<ScriptedMeter> scripted;
    int reads = 0;
  };
  auto clock = std::make_shared<testing::VirtualClock>();
  const Script script{.power_w = {{990.0, 400.0}}, .read_s = 0.0024};
  auto meter = std::make_shared<Counting>(std::make_shared<ScriptedMeter>(
      script, clock, [&](double seconds) { clock->advance_to(clock->now_s() + seconds); }));
  MeterFollower follower(*clock, meter, 0);
  while (clock->now_s() < 1002) clock->advance_to(follower.step());
  meter->reads = 0;
  while (clock->now_s() < 1022) clock->advance_to(follower.step());
  EXPECT_GE(meter->reads, 20);
  EXPECT_LE(meter->reads, 20 * 5);
}

WindowEnergy around(const Script& script, double begin_s, double end_s) {
  FollowedMeter followed(script);
  followed.run_until(begin_s);
  const auto begin = followed.mark();
  followed.run_until(end_s);
  const auto end = followed.mark();
  return followed.energy(*begin, *end);
}

TEST(MeterFollower, ABrokenCounterIsNoEnergy) {
  const Script good{.power_w = {{990.0, 400.0}}, .read_s = 0.001};
  const auto with = [&](ScriptedFaults faults) {
    Script script = good;
    script.faults = faults;
    return script;
  };
  EXPECT_EQ(around(good, 1001, 1004).status, "ok");
  EXPECT_EQ(around(with({.back_at_s = 1002.5}), 1001, 1004).status, "counter_went_back");
  EXPECT_EQ(around(with({.stalls_at_s = 1002.5}), 1001, 1004).status, "counter_stalled");
  const WindowEnergy lost = around(with({.lost_at_s = 1002.5}), 1001, 1004);
  EXPECT_EQ(lost.status, "meter_failed");
  EXPECT_NE(lost.message.find("DeviceLostError"), std::string::npos) << lost.message;
}

TEST(MeterFollower, AfterACounterWentBackItGoesOn) {
  EXPECT_EQ(around({.power_w = {{990.0, 400.0}}, .faults = {.back_at_s = 1002.5}}, 1003.5, 1005).status, "ok");
}

TEST(MeterFollower, SaysWhenNobodyWatchesAnyMore) {
  FollowedMeter followed({.power_w = {{990.0, 400.0}}});
  followed.run_until(1001);
  const auto begin = followed.mark();
  const auto aligned = followed.mark(true);
  followed.follower.abandon();
  EXPECT_EQ(begin->wait(0)->front().status, "closed");
  EXPECT_EQ(aligned->wait(0)->front().status, "closed");
  EXPECT_TRUE(aligned->time_s());
}

}  // namespace
}  // namespace clear_native
