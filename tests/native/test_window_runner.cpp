#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/rounds/window_runner.hpp"
#include "simulated_bench.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::SimulatedBench;
using testing::thrown_by;

constexpr double within_first_window_s = testing::bench_begin_s + 0.2;

struct Fixture {
  PlannedWindow planned(const std::string& target, std::size_t kind = 0) {
    return {.target = target,
            .workload = &bench.workload,
            .options = {.lead_in_min_s = 0.1, .lead_in_max_s = 0.1, .duration_s = 0.15},
            .kind = kind};
  }

  explicit Fixture(const testing::Faults& faults = {}) : bench(device_with(faults)) {}

  static testing::DeviceOptions device_with(const testing::Faults& faults) {
    testing::DeviceOptions device;
    device.faults = faults;
    return device;
  }

  SimulatedBench bench;
  RoundsOptions options;
  RoundsWatch watch;
  RoundsResult result;
  WindowRunner runner{bench.runner, bench.device, options, watch, result, 2};
};

TEST(PhaseDither, FillsTheSensorsStep) {
  MeterTraits traits;
  traits.period_s = 0.1;
  traits.has_power_samples = true;
  double least_s = 1;
  double most_s = 0;
  for (int position = 0; position < 200; ++position) {
    const double dither_s = phase_dither_s(traits, 3, 1, position);
    EXPECT_EQ(dither_s, phase_dither_s(traits, 3, 1, position));
    EXPECT_NE(dither_s, phase_dither_s(traits, 3, 2, position));
    least_s = std::min(least_s, dither_s);
    most_s = std::max(most_s, dither_s);
  }
  EXPECT_GE(least_s, 0);
  EXPECT_LT(least_s, 0.001);
  EXPECT_GT(most_s, 0.019);
  EXPECT_LT(most_s, 0.02);
  traits.has_power_samples = false;
  double longest_s = 0;
  for (int position = 0; position < 50; ++position) {
    longest_s = std::max(longest_s, phase_dither_s(traits, 3, 1, position));
  }
  EXPECT_GT(longest_s, 0.08);
  EXPECT_LT(longest_s, 0.1);
  traits.period_s = 0;
  EXPECT_EQ(phase_dither_s(traits, 3, 1, 0), 0) << "a continuous meter has no phase";
}

TEST(WindowRunner, EveryLeadInIsLongerByItsDither) {
  Fixture fixture;
  ASSERT_EQ(fixture.runner.run(2, std::vector<PlannedWindow>(8, fixture.planned("a"))), WindowRunner::End::complete);
  ASSERT_EQ(fixture.result.windows.size(), 8U);
  for (const Window& window : fixture.result.windows) {
    const double dither_s = phase_dither_s(fixture.bench.device.traits(), fixture.options.seed, 2, window.position);
    EXPECT_NEAR(window.lead_in_s, 0.1 + dither_s, 0.004) << "position " << window.position;
  }
}

TEST(WindowRunner, WindowsKeepOrderRoundAndDoses) {
  Fixture fixture;
  PlannedWindow dosed = fixture.planned("dosed 0+");
  dosed.doses = "+0-";
  ASSERT_EQ(fixture.runner.run(5, {dosed, fixture.planned("b", 1)}), WindowRunner::End::complete);
  ASSERT_EQ(fixture.result.windows.size(), 2U);
  EXPECT_EQ(fixture.result.windows[0].target, "dosed 0+");
  EXPECT_EQ(fixture.result.windows[0].doses, "+0-");
  EXPECT_EQ(fixture.result.windows[0].round, 5);
  EXPECT_EQ(fixture.result.windows[1].position, 1);
  EXPECT_FALSE(fixture.result.windows[1].doses);
}

TEST(WindowRunner, LearnsTheOverheadOfEachKind) {
  Fixture fixture;
  EXPECT_EQ(fixture.runner.overhead_s(1, 0.77), 0.77);
  PlannedWindow slow = fixture.planned("slow", 1);
  slow.options.lead_in_min_s = slow.options.lead_in_max_s = 0.4;
  ASSERT_EQ(fixture.runner.run(0, {fixture.planned("a"), slow}), WindowRunner::End::complete);
  EXPECT_NEAR(fixture.runner.overhead_s(0, 0), 0.11, 0.03);
  EXPECT_NEAR(fixture.runner.overhead_s(1, 0), 0.41, 0.03);
}

/// The host stalls once, for so long that the device runs out of launches.
class StallingWorkload final : public Workload {
 public:
  StallingWorkload(SimulatedBench& bench, int stalls_at) : bench_(bench), left_(stalls_at) {}
  [[nodiscard]] double passes_per_launch() const override { return bench_.workload.passes_per_launch(); }
  void launch() override {
    --left_;
    bench_.workload.launch();
  }
  bool wait_for_room(double& look_again_s) override {
    if (left_ == 0) {
      --left_;
      bench_.clock->advance_to(bench_.clock->now_s() + 0.01);
      static_cast<void>(odometer());
      bench_.clock->advance_to(bench_.clock->now_s() + 0.05);
    }
    return bench_.workload.wait_for_room(look_again_s);
  }
  /// With the moment of the last count, also when nothing runs any more.
  [[nodiscard]] OdometerReading odometer() const override {
    const OdometerReading now = bench_.workload.odometer();
    if (now.passes > last_.passes) last_ = now;
    return last_;
  }
  void drain() override { bench_.workload.drain(); }

 private:
  SimulatedBench& bench_;
  int left_;
  mutable OdometerReading last_;
};

TEST(WindowRunner, AStarvedWindowIsKeptWithoutNumbersAndRunsAgain) {
  Fixture fixture;
  const double launch_s = fixture.bench.workload.load().time_s * fixture.bench.workload.passes_per_launch();
  StallingWorkload stalling(fixture.bench, static_cast<int>(0.2 / launch_s));
  std::vector<PlannedWindow> windows(6, fixture.planned("a"));
  windows[4] = fixture.planned("stalled");
  windows[4].workload = &stalling;
  windows[4].doses = "+";
  ASSERT_EQ(fixture.runner.run(0, windows), WindowRunner::End::complete);
  ASSERT_EQ(fixture.result.windows.size(), 7U);
  const Window& starved = fixture.result.windows[4];
  EXPECT_EQ(starved.status, "starved");
  EXPECT_GT(starved.idle_fraction, 0.1);
  EXPECT_FALSE(starved.energy_per_pass_j);
  EXPECT_FALSE(starved.time_per_pass_s);
  EXPECT_FALSE(starved.power_samples.empty()) << "what was seen is kept";
  const Window& again = fixture.result.windows[6];
  EXPECT_EQ(again.target, "stalled");
  EXPECT_EQ(again.doses, "+");
  EXPECT_EQ(again.status, "ok");
}

TEST(WindowRunner, ARepeatedWindowKeepsItsDosesAndRunsLast) {
  Fixture fixture({.counter_resets_s = within_first_window_s});
  PlannedWindow dosed = fixture.planned("dosed 1-");
  dosed.doses = "-";
  ASSERT_EQ(fixture.runner.run(0, {dosed, fixture.planned("b")}), WindowRunner::End::complete);
  ASSERT_EQ(fixture.result.windows.size(), 3U);
  EXPECT_TRUE(is_sensor_failure(fixture.result.windows[0]));
  EXPECT_EQ(fixture.result.windows[2].target, "dosed 1-");
  EXPECT_EQ(fixture.result.windows[2].doses, "-");
  EXPECT_EQ(fixture.result.windows[2].status, "ok");
}

TEST(WindowRunner, EveryWindowIsFollowedByItsCheck) {
  Fixture fixture;
  std::vector<std::string> seen;
  const auto note = [&](const PlannedWindow& window) { seen.push_back(window.target); };
  ASSERT_EQ(fixture.runner.run(0, {fixture.planned("a"), fixture.planned("b")}, note), WindowRunner::End::complete);
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b"}));
  const auto fails = [](const PlannedWindow&) { throw Error(ErrorKind::device_lost, "gone"); };
  EXPECT_EQ(thrown_by([&] { fixture.runner.run(1, {fixture.planned("a")}, fails); }).kind, ErrorKind::device_lost);
}

TEST(WindowRunner, AWindowApartIsNoPartOfTheResult) {
  Fixture fixture;
  std::optional<Window> window;
  ASSERT_EQ(fixture.runner.run_apart(fixture.planned("a"), window), WindowRunner::End::complete);
  ASSERT_TRUE(window);
  EXPECT_NEAR(*window->time_per_pass_s / 500e-6, 1, 0.01);
  EXPECT_TRUE(fixture.result.windows.empty());
  EXPECT_EQ(fixture.runner.overhead_s(0, 0.77), 0.77) << "nor of what windows are expected to take";
}

TEST(WindowRunner, AWindowApartWithoutASensorTellsNothing) {
  Fixture fixture({.counter_resets_s = within_first_window_s});
  PlannedWindow planned = fixture.planned("a");
  planned.options.duration_s = 0.3;  // long enough that the counter's next change, which shows the reset, is in it
  std::optional<Window> window;
  EXPECT_EQ(fixture.runner.run_apart(planned, window), WindowRunner::End::complete);
  EXPECT_FALSE(window);
}

TEST(WindowRunner, ALostDeviceEndsAWindowApart) {
  Fixture fixture({.lost_s = within_first_window_s});
  std::optional<Window> window;
  EXPECT_EQ(fixture.runner.run_apart(fixture.planned("a"), window), WindowRunner::End::failed);
  EXPECT_EQ(fixture.result.failure_kind, ErrorKind::device_lost);
}

}  // namespace
}  // namespace clear_native
