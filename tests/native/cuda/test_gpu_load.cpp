#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

#include "core/sensor/looped_load.hpp"
#include "cuda/gpu_load.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class GpuLoadTest : public CudaTest {
 protected:
  std::ptrdiff_t runs_of(const std::string& kernel) {
    const auto log = fake().log();
    return std::count(log.begin(), log.end(), kernel);
  }
};

TEST_F(GpuLoadTest, WorkKeepsTheDeviceBusyUntilItIsFinished) {
  GpuLoad load(context_);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) load.work();
  EXPECT_GE(runs_of("clear_burn"), 7) << "no more than two are queued, and one runs";
  load.finish();
  EXPECT_EQ(fake().log(), std::vector<std::string>(10, "clear_burn"));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20)) << "2 ms each";
}

TEST_F(GpuLoadTest, RunsOnAThreadUntilItIsToldToStop) {
  GpuLoad load(context_);
  LoopedLoad looped(1, [&](int) { load.work(); }, [&] { load.finish(); });
  looped.start();
  while (runs_of("clear_burn") < 5) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  looped.stop();
  const auto runs = runs_of("clear_burn");
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(runs_of("clear_burn"), runs);
}

TEST_F(GpuLoadTest, AlternatesBetweenBusyAndWaiting) {
  GpuLoad load(context_);
  const Alternation ran = load.alternate(1e-3, 0.05, {});
  const auto log = fake().log();
  ASSERT_EQ(log.size(), 3U * 16 * 2);
  for (std::size_t i = 0; i < log.size(); ++i) EXPECT_EQ(log[i], i % 2 == 0 ? "clear_burn" : "clear_spin");
  EXPECT_GE(ran.period_s, 1e-3);
  EXPECT_NEAR(ran.end_s - ran.begin_s, 48 * ran.period_s, 1e-9) << "it is the mean of all";
}

TEST_F(GpuLoadTest, AlternatesOnceAtLeast) {
  GpuLoad load(context_);
  load.alternate(1e-3, 1e-4, {});
  EXPECT_EQ(runs_of("clear_burn"), 16);
}

TEST_F(GpuLoadTest, AnInterruptionIsSeenWhileItAlternates) {
  GpuLoad load(context_);
  const BenchWatch watch{.interrupted = [] { return true; }, .between = {}};
  expect_error(ErrorKind::interrupted, {}, [&] { load.alternate(1e-3, 60, watch); });
  const auto runs = runs_of("clear_burn");
  EXPECT_LT(runs, 3000) << "of 60000";
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(runs_of("clear_burn"), runs) << "the device is idle afterwards";
}

TEST_F(GpuLoadTest, NothingIsLeftBehind) {
  const auto kernels = KernelModule::of(context_);
  const auto before = fake().live_objects();
  {
    GpuLoad load(context_);
    load.work();
    load.alternate(1e-3, 0.01, {});
  }
  EXPECT_EQ(fake().live_objects(), before);
  EXPECT_EQ(runs_of("clear_burn"), 17) << "what was queued is done";
}

TEST_F(GpuLoadTest, WhatFailsWhileItIsMadeLeavesNothingEither) {
  const auto kernels = KernelModule::of(context_);
  const auto before = fake().live_objects();
  fake().fail("cuMemAlloc", CUDA_ERROR_OUT_OF_MEMORY);
  expect_error(ErrorKind::device_out_of_memory, {"preparing the load"}, [&] { const GpuLoad load(context_); });
  EXPECT_EQ(fake().live_objects(), before);
}

TEST_F(GpuLoadTest, ADeviceThatFailsSaysSo) {
  GpuLoad load(context_);
  fake().fail_kernel("clear_burn", CUDA_ERROR_ILLEGAL_ADDRESS);
  expect_error(ErrorKind::device_lost, {}, [&] {
    load.work();
    load.finish();
  });
}

TEST_F(GpuLoadTest, WhatIsNoPeriodIsRefused) {
  GpuLoad load(context_);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double period_s : {0.0, -1.0, nan}) {
    expect_error(ErrorKind::bad_input, {"alternate"}, [&] { load.alternate(period_s, 1, {}); });
  }
  expect_error(ErrorKind::bad_input, {"alternate"}, [&] { load.alternate(1e-3, 0, {}); });
}

}  // namespace
}  // namespace clear_native::cuda
