// In real time, with threads (run under ThreadSanitizer too).

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "core/errors.hpp"
#include "core/meters/estimate_meter.hpp"
#include "core/meters/scripted_meter.hpp"
#include "core/monitor/energy_monitor.hpp"
#include "core/windows/clock.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::thrown_by;

void sleep_for(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

std::shared_ptr<ScriptedMeter> scripted(double power_w, double read_s = 0.0005) {
  return std::make_shared<ScriptedMeter>(
      Script{.power_w = {{SteadyClock().now_s() - 5, power_w}}, .period_s = 0.02, .read_s = read_s});
}

TEST(EnergyMonitor, TellsTheEnergyOfEveryMeter) {
  const auto one = scripted(400);
  const auto other = std::make_shared<EstimateMeter>(65.0, "cpu", "cpu");
  EnergyMonitor monitor({one, other});
  const auto begin = monitor.mark();
  sleep_for(0.4);
  const auto end = monitor.mark();
  const auto found = monitor.energies(*begin, *end, 10);
  ASSERT_TRUE(found);
  ASSERT_EQ((*found)[0].status, "ok") << (*found)[0].message;
  EXPECT_NEAR(*(*found)[0].energy_j, one->energy_between_j(*begin->time_s(), *end->time_s()),
              *(*found)[0].half_width_j);
  EXPECT_NEAR(*(*found)[1].energy_j, 65 * (*end->time_s() - *begin->time_s()), 1e-3);
}

TEST(EnergyMonitor, EdgesOfManyThreads) {
  const auto meter = scripted(400);
  EnergyMonitor monitor({meter});
  std::vector<std::thread> threads;
  std::atomic<int> held = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int window = 0; window < 3; ++window) {
        const auto begin = monitor.mark();
        sleep_for(0.25);
        const auto end = monitor.mark();
        const auto found = monitor.energies(*begin, *end, 10);
        if (!found || !found->front().energy_j) continue;
        const double truth_j = meter->energy_between_j(*begin->time_s(), *end->time_s());
        if (std::abs(*found->front().energy_j - truth_j) <= *found->front().half_width_j) ++held;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(held, 12);
}

TEST(EnergyMonitor, WhatWasMarkedIsKnownAfterClose) {
  EnergyMonitor monitor({scripted(400)});
  const auto begin = monitor.mark();
  sleep_for(0.3);
  const auto end = monitor.mark();
  monitor.close();
  EXPECT_EQ(thrown_by([&] { static_cast<void>(monitor.mark()); }).kind, ErrorKind::bad_input);
  EXPECT_EQ(monitor.energies(*begin, *end, 10)->front().status, "ok");
  monitor.close();
}

TEST(EnergyMonitor, EndingLeavesNobodyWaiting) {
  std::shared_ptr<Edge> edge;
  {
    EnergyMonitor monitor({scripted(400)});
    edge = monitor.mark();
  }
  ASSERT_TRUE(edge->wait(0));
  EXPECT_EQ(edge->wait(0)->front().status, "closed");
}

TEST(EnergyMonitor, StoppingLeavesNobodyWaiting) {
  EnergyMonitor monitor({scripted(400)});
  const auto edge = monitor.mark();
  monitor.stop();
  ASSERT_TRUE(edge->wait(0));
  EXPECT_EQ(edge->wait(0)->front().status, "closed");
  EXPECT_EQ(thrown_by([&] { static_cast<void>(monitor.mark()); }).kind, ErrorKind::bad_input);
  monitor.stop();
  monitor.close();
}

TEST(EnergyMonitor, RefusesNoMeterNoneAndTheSameTwice) {
  EXPECT_EQ(thrown_by([] { EnergyMonitor monitor({}); }).kind, ErrorKind::bad_input);
  EXPECT_EQ(thrown_by([] { EnergyMonitor monitor({nullptr}); }).kind, ErrorKind::bad_input);
  const auto meter = scripted(1);
  EXPECT_EQ(thrown_by([&] { EnergyMonitor monitor({meter, meter}); }).kind, ErrorKind::bad_input);
}

TEST(EnergyMonitor, AForkedProcessIsRefusedAndCanEnd) {
  auto* monitor = new EnergyMonitor({scripted(400)});
  const pid_t child = fork();
  if (child == 0) {
    const auto thrown = thrown_by([&] { static_cast<void>(monitor->mark()); });
    const bool told = thrown.kind == ErrorKind::bad_input && thrown.message.find("fork") != std::string::npos;
    delete monitor;  // must not wait for threads that are not there
    _exit(told ? 0 : 1);
  }
  int status = -1;
  for (int i = 0; i < 200 && waitpid(child, &status, WNOHANG) == 0; ++i) sleep_for(0.05);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  delete monitor;
}

}  // namespace
}  // namespace clear_native
