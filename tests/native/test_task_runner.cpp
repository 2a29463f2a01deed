#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "core/errors.hpp"
#include "core/windows/task_runner.hpp"

namespace clear_native {
namespace {

class FunctionTask final : public Task {
 public:
  explicit FunctionTask(std::function<std::optional<double>()> step) : step_(std::move(step)) {}
  std::optional<double> step() override { return step_(); }

 private:
  std::function<std::optional<double>()> step_;
};

TEST(ThreadedRunner, StepsTheForegroundOnTheCallersThreadAndTheBackgroundOnAnother) {
  ThreadedRunner runner;
  std::thread::id foreground_thread;
  std::thread::id background_thread;
  FunctionTask foreground([&]() -> std::optional<double> {
    foreground_thread = std::this_thread::get_id();
    return std::nullopt;
  });
  FunctionTask background([&]() -> std::optional<double> {
    background_thread = std::this_thread::get_id();
    return std::nullopt;
  });
  runner.run(foreground, background);
  EXPECT_EQ(foreground_thread, std::this_thread::get_id());
  EXPECT_NE(background_thread, std::thread::id());
  EXPECT_NE(background_thread, std::this_thread::get_id());
}

TEST(ThreadedRunner, StepsAgainNotBeforeTheTimeAskedFor) {
  ThreadedRunner runner;
  const double begin_s = runner.clock().now_s();
  int steps = 0;
  double second_step_s = 0;
  FunctionTask foreground([&]() -> std::optional<double> {
    if (++steps == 1) return begin_s + 0.03;
    second_step_s = runner.clock().now_s();
    return std::nullopt;
  });
  std::atomic<bool> ended = false;
  FunctionTask background([&]() -> std::optional<double> {  // goes on, so that its end wakes nobody
    if (ended.load()) return std::nullopt;
    if (runner.clock().now_s() > begin_s + 0.06) ended = true;
    return runner.clock().now_s() + 0.005;
  });
  runner.run(foreground, background);
  EXPECT_EQ(steps, 2);
  EXPECT_GE(second_step_s, begin_s + 0.03);
}

TEST(ThreadedRunner, TheEndOfOneWakesTheOtherOnce) {
  ThreadedRunner runner;
  std::atomic<bool> stop = false;
  const double begin_s = runner.clock().now_s();
  FunctionTask foreground([&]() -> std::optional<double> {
    if (stop.load()) return std::nullopt;
    return begin_s + 60;
  });
  FunctionTask background([&]() -> std::optional<double> {
    stop = true;
    return std::nullopt;
  });
  runner.run(foreground, background);
  EXPECT_LT(runner.clock().now_s() - begin_s, 30);
}

TEST(ThreadedRunner, CarriesTheBackgroundsExceptionToTheCallerAndEndsTheForeground) {
  ThreadedRunner runner;
  FunctionTask foreground([&]() -> std::optional<double> { return runner.clock().now_s() + 60; });
  FunctionTask background([]() -> std::optional<double> { throw Error(ErrorKind::device_lost, "gone"); });
  try {
    runner.run(foreground, background);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device_lost);
    EXPECT_STREQ(error.what(), "gone");
  }
}

TEST(ThreadedRunner, TheForegroundsExceptionComesFirstAndEndsTheBackground) {
  ThreadedRunner runner;
  std::atomic<bool> background_waits = false;
  FunctionTask foreground([&]() -> std::optional<double> {
    if (!background_waits.load()) return 0.0;
    throw Error(ErrorKind::interrupted, "foreground");
  });
  FunctionTask background([&]() -> std::optional<double> {
    background_waits = true;
    return runner.clock().now_s() + 60;
  });
  const double begin_s = runner.clock().now_s();
  EXPECT_THROW(runner.run(foreground, background), Error);
  EXPECT_LT(runner.clock().now_s() - begin_s, 30);
}

TEST(ThreadedRunner, CanBeUsedAgainAfterAnException) {
  ThreadedRunner runner;
  FunctionTask throws([]() -> std::optional<double> { throw Error(ErrorKind::cuda_error, "x"); });
  int steps = 0;
  FunctionTask counts([&]() -> std::optional<double> {
    ++steps;
    return std::nullopt;
  });
  EXPECT_THROW(runner.run(throws, counts), Error);
  steps = 0;
  FunctionTask ends([]() -> std::optional<double> { return std::nullopt; });
  runner.run(counts, ends);
  EXPECT_EQ(steps, 1);
}

}  // namespace
}  // namespace clear_native
