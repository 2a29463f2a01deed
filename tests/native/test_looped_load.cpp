#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "core/sensor/looped_load.hpp"
#include "core/windows/clock.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

void nap() {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void wait_for(const std::atomic<int>& count, int at_least) {
  while (count.load() < at_least) nap();
}

TEST(LoopedLoad, RunsUntilItIsToldToStop) {
  const SteadyClock clock;
  std::atomic<int> worked{0};
  std::atomic<int> finished{0};
  std::mutex mutex;
  std::set<int> numbers;
  LoopedLoad load(
      3,
      [&](int number) {
        const std::lock_guard lock(mutex);
        numbers.insert(number);
        worked.fetch_add(1);
      },
      [&] { finished.fetch_add(1); });
  const double before_s = clock.now_s();
  const double begin_s = load.start();
  EXPECT_GE(begin_s, before_s);
  wait_for(worked, 1000);
  const double end_s = load.stop();
  EXPECT_GT(end_s, begin_s);
  const int done = worked.load();
  nap();
  EXPECT_EQ(worked.load(), done) << "nothing runs any more";
  EXPECT_EQ(finished.load(), 4) << "each thread, and what was done before its time counted";
  EXPECT_TRUE(numbers.contains(0));
}

TEST(LoopedLoad, RunsAgain) {
  std::atomic<int> worked{0};
  LoopedLoad load(1, [&](int) { worked.fetch_add(1); });
  for (int i = 0; i < 3; ++i) {
    load.start();
    wait_for(worked, worked.load() + 5);
    load.stop();
  }
}

TEST(LoopedLoad, StartingAndStoppingTwice) {
  std::atomic<int> worked{0};
  LoopedLoad load(1, [&](int) { worked.fetch_add(1); });
  const double idle_s = load.stop();
  EXPECT_LE(idle_s, SteadyClock().now_s()) << "nothing ran";
  load.start();
  load.start();
  load.stop();
  load.stop();
}

TEST(LoopedLoad, AFailureIsToldOnceAndNotTakenForIdling) {
  std::atomic<int> worked{0};
  LoopedLoad load(1, [&](int) {
    if (worked.fetch_add(1) > 2) throw Error(ErrorKind::device_out_of_memory, "out of memory");
  });
  load.start();
  wait_for(worked, 4);
  const auto thrown = testing::thrown_by([&] { load.stop(); });
  EXPECT_EQ(thrown.kind, ErrorKind::workload_failed);
  EXPECT_NE(thrown.message.find("ended early (out of memory)"), std::string::npos) << thrown.message;
  load.stop();
}

TEST(LoopedLoad, AFailureAtTheEndIsToldToo) {
  int finished = 0;
  LoopedLoad load(
      1, [](int) { nap(); },
      [&] {
        if (++finished > 1) throw Error(ErrorKind::device_lost, "gone");
      });
  load.start();
  EXPECT_EQ(testing::thrown_by([&] { load.stop(); }).kind, ErrorKind::workload_failed);
}

TEST(LoopedLoad, WorkThatNeverRanSaysSoItself) {
  LoopedLoad load(2, [](int) { throw Error(ErrorKind::no_driver, "no driver"); });
  EXPECT_EQ(testing::thrown_by([&] { load.start(); }).kind, ErrorKind::no_driver);
  load.stop();
}

TEST(LoopedLoad, EndsWithItsOwner) {
  std::atomic<int> worked{0};
  {
    LoopedLoad load(2, [&](int) { worked.fetch_add(1); });
    load.start();
  }
  const int done = worked.load();
  nap();
  EXPECT_EQ(worked.load(), done);
}

}  // namespace
}  // namespace clear_native
