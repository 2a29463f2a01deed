#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "core/windows/launcher_task.hpp"
#include "simulated_bench.hpp"

namespace clear_native {
namespace {

using testing::SimulatedBench;

/// Sets the stop flag at a time.
class StopAt final : public Task {
 public:
  StopAt(double time_s, std::atomic<bool>& stop) : time_s_(time_s), stop_(stop) {}
  std::optional<double> step() override {
    if (!waited_) {
      waited_ = true;
      return time_s_;
    }
    stop_ = true;
    return std::nullopt;
  }

 private:
  double time_s_;
  std::atomic<bool>& stop_;
  bool waited_ = false;
};

TEST(LauncherTask, KeepsTheDeviceBusyUntilStopped) {
  SimulatedBench bench;
  std::atomic<bool> stop = false;
  const Watch watch;
  LauncherTask launcher(bench.runner.clock(), bench.workload, watch, stop);
  StopAt stopper(testing::bench_begin_s + 1.0, stop);
  bench.runner.run(launcher, stopper);
  EXPECT_NEAR(bench.workload.odometer().passes, 1.0 / 500e-6, 5);
  EXPECT_NEAR(launcher.idle_fraction(testing::bench_begin_s, testing::bench_begin_s + 1.0), 0, 1e-6);
}

TEST(LauncherTask, LaunchesNoMoreThanTheQueueHolds) {
  SimulatedBench bench;
  std::atomic<bool> stop = false;
  const Watch watch;
  LauncherTask launcher(bench.runner.clock(), bench.workload, watch, stop);
  StopAt stopper(testing::bench_begin_s + 0.5, stop);
  bench.runner.run(launcher, stopper);
  bench.workload.drain();
  const double all_passes = bench.workload.odometer().passes;
  EXPECT_LE(all_passes, 0.5 / 500e-6 + 3 * 4);
}

TEST(LauncherTask, AsksForInterruptionAtLeastEveryTenthOfASecond) {
  SimulatedBench bench;
  std::atomic<bool> stop = false;
  std::vector<double> asked_s;
  const Watch watch{.interrupted = [&] {
    asked_s.push_back(bench.clock->now_s());
    return bench.clock->now_s() > testing::bench_begin_s + 0.55;
  }};
  LauncherTask launcher(bench.runner.clock(), bench.workload, watch, stop);
  StopAt stopper(testing::bench_begin_s + 5, stop);
  try {
    bench.runner.run(launcher, stopper);
    FAIL() << "was not interrupted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  }
  ASSERT_GE(asked_s.size(), 6U);
  for (std::size_t i = 1; i < asked_s.size(); ++i) EXPECT_LE(asked_s[i] - asked_s[i - 1], 0.105);
  EXPECT_LT(bench.clock->now_s(), testing::bench_begin_s + 0.7);
}

/// Room comes late: the device waits half of the time.
class SlowToLaunch final : public Workload {
 public:
  explicit SlowToLaunch(testing::VirtualClock& clock) : clock_(clock) {}
  [[nodiscard]] double passes_per_launch() const override { return 1; }
  void launch() override {
    passes_before_ = passes_;
    ends_s_ = clock_.now_s() + 0.01;
    passes_ += 1;
    room_s_ = clock_.now_s() + 0.02;
  }
  bool wait_for_room(double& look_again_s) override {
    look_again_s = room_s_;
    return clock_.now_s() >= room_s_;
  }
  [[nodiscard]] OdometerReading odometer() const override {
    const bool done = clock_.now_s() >= ends_s_;
    return {.time_s = done ? ends_s_ : clock_.now_s(), .passes = done ? passes_ : passes_before_};
  }
  void drain() override {}

 private:
  testing::VirtualClock& clock_;
  double passes_ = 0;
  double passes_before_ = 0;
  double ends_s_ = 0;
  double room_s_ = 0;
};

TEST(LauncherTask, TellsTheShareOfTimeWithNothingQueued) {
  const auto clock = std::make_shared<testing::VirtualClock>();
  testing::VirtualRunner runner(clock);
  SlowToLaunch workload(*clock);
  std::atomic<bool> stop = false;
  const Watch watch;
  LauncherTask launcher(*clock, workload, watch, stop);
  StopAt stopper(testing::bench_begin_s + 1.0, stop);
  runner.run(launcher, stopper);
  EXPECT_NEAR(launcher.idle_fraction(testing::bench_begin_s + 0.2, testing::bench_begin_s + 0.8), 0.5, 0.02);
}

}  // namespace
}  // namespace clear_native
