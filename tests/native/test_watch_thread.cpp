#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>

#include "core/meters/watch_thread.hpp"

namespace clear_native {
namespace {

TEST(WatchThreadTest, CallsUntilItEnds) {
  std::atomic<int> calls = 0;
  {
    const WatchThread watch(1e-3, [&] { ++calls; });
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (calls < 3 && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const int at_the_end = calls;
  EXPECT_GE(at_the_end, 3);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(calls, at_the_end);
}

TEST(WatchThreadTest, EndsWithoutWaitingForItsNextCall) {
  const auto begin = std::chrono::steady_clock::now();
  {
    const WatchThread watch(3600, [] {});
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(WatchThreadTest, AForkedCopyEndsWithoutItsThread) {
  auto watch = std::make_unique<WatchThread>(3600, [] {});
  const pid_t child = fork();
  if (child == 0) {
    watch.reset();
    _exit(0);
  }
  ASSERT_GT(child, 0);
  int status = -1;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (waitpid(child, &status, WNOHANG) == 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (status == -1) kill(child, SIGKILL);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace clear_native
