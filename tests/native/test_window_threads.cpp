// Windows in real time, on two threads: what the virtual clock cannot show (run under ThreadSanitizer too).

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "core/errors.hpp"
#include "core/meters/estimate_meter.hpp"
#include "core/windows/calibrate.hpp"
#include "core/windows/idle_workload.hpp"
#include "core/windows/window.hpp"

namespace clear_native {
namespace {

/// A device of its own thread: works off launches of 2 ms each.
class ThreadedWorkload final : public Workload {
 public:
  ThreadedWorkload() : device_([this](const std::stop_token& stop) { work(stop); }) {}

  [[nodiscard]] double passes_per_launch() const override { return 4; }
  void launch() override { ++launched_; }
  bool wait_for_room(double&) override {
    for (int i = 0; i < 100 && launched_ - done_ >= 3; ++i) std::this_thread::sleep_for(std::chrono::microseconds(500));
    return launched_ - done_ < 3;
  }
  [[nodiscard]] OdometerReading odometer() const override {
    const std::lock_guard lock(mutex_);
    return reading_;
  }
  void drain() override {
    while (done_ < launched_) std::this_thread::sleep_for(std::chrono::microseconds(200));
    drained = true;
  }

  std::atomic<bool> drained = false;

 private:
  void work(const std::stop_token& stop) {
    const SteadyClock clock;
    while (!stop.stop_requested()) {
      if (done_ == launched_) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        continue;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      {
        const std::lock_guard lock(mutex_);
        reading_ = {.time_s = clock.now_s(), .passes = reading_.passes + 4};
      }
      ++done_;
    }
  }

  mutable std::mutex mutex_;
  OdometerReading reading_;
  std::atomic<int> launched_ = 0;
  std::atomic<int> done_ = 0;
  std::jthread device_;
};

TEST(WindowThreads, MeasuresAndDrains) {
  ThreadedRunner runner;
  ThreadedWorkload workload;
  EstimateMeter meter(50, "cpu", "a CPU");
  const Window window =
      measure_window(runner, meter, workload, {.lead_in_min_s = 0.05, .lead_in_max_s = 0.2, .duration_s = 0.2}, {});
  ASSERT_TRUE(window.energy_per_pass_j && window.time_per_pass_s);
  EXPECT_NEAR(*window.energy_per_pass_j / (50 * *window.time_per_pass_s), 1, 0.05);
  EXPECT_GE(*window.time_per_pass_s, 0.0005);
  EXPECT_TRUE(workload.drained.load());
}

TEST(WindowThreads, TheEndOfAWindowDoesNotWaitForASleepingIdleWorkload) {
  ThreadedRunner runner;
  IdleWorkload idle;
  EstimateMeter meter(50, "cpu", "a CPU");
  const Window window =
      measure_window(runner, meter, idle, {.lead_in_min_s = 0.02, .lead_in_max_s = 0.2, .duration_s = 0.1}, {});
  EXPECT_NEAR(*window.energy_per_pass_j, 50, 0.01);
}

TEST(WindowThreads, AnInterruptionEndsBothThreadsAndDrains) {
  ThreadedRunner runner;
  ThreadedWorkload workload;
  EstimateMeter meter(50, "cpu", "a CPU");
  const SteadyClock clock;
  const double begin_s = clock.now_s();
  const std::thread::id caller = std::this_thread::get_id();
  bool asked_elsewhere = false;
  const Watch watch{.interrupted = [&] {
    asked_elsewhere = asked_elsewhere || std::this_thread::get_id() != caller;
    return clock.now_s() - begin_s > 0.2;
  }};
  EXPECT_THROW(measure_window(runner, meter, workload, {.duration_s = 60}, watch), Error);
  EXPECT_LT(clock.now_s() - begin_s, 30);
  EXPECT_FALSE(asked_elsewhere) << "only the caller's thread may look for signals";
  EXPECT_TRUE(workload.drained.load());
}

/// Fails on its tenth reading.
class FailingMeter final : public EnergyMeter {
 public:
  [[nodiscard]] MeterTraits traits() const override { return {}; }
  EnergyReading read() override {
    if (++readings_ == 10) throw Error(ErrorKind::device_lost, "gone");
    const double now_s = clock_.now_s();
    return {now_s, now_s, now_s};
  }

 private:
  SteadyClock clock_;
  int readings_ = 0;
};

TEST(WindowThreads, WhatTheMeterThrowsReachesTheCallerAndTheWorkloadIsDrained) {
  ThreadedRunner runner;
  ThreadedWorkload workload;
  FailingMeter meter;
  try {
    measure_window(runner, meter, workload, {.duration_s = 60}, {});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device_lost);
  }
  EXPECT_TRUE(workload.drained.load());
}

TEST(WindowThreads, TimePerPassOfARealWorkload) {
  ThreadedRunner runner;
  ThreadedWorkload workload;
  const double pass_s = time_per_pass(runner, workload, 0.05, 5, {});
  EXPECT_GE(pass_s, 0.0005);
  EXPECT_LT(pass_s, 0.1);
  EXPECT_TRUE(workload.drained.load());
}

}  // namespace
}  // namespace clear_native
