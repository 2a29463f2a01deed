#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <thread>

#include "core/windows/calibrate.hpp"
#include "core/windows/task_runner.hpp"
#include "cuda/device_kernels.hpp"
#include "cuda/driver.hpp"
#include "cuda/replay_factory.hpp"
#include "gpu_fixture.hpp"

namespace clear_native::cuda {
namespace {

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class GpuReplayTest : public GpuTest {
 protected:
  /// So many spin kernels one after another, each of this duration.
  Parts spins(int count, double duration_s) {
    const CUgraph graph = capture([&] {
      for (int i = 0; i < count; ++i) spin(duration_s);
    });
    model_ = ModelGraph::create(context_, reinterpret_cast<std::uintptr_t>(graph), {});
    std::vector<std::size_t> nodes(model_->nodes().size());
    for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i] = i;
    return {Subgraph::create(model_, nodes)};
  }

  std::unique_ptr<Replay> replay(const Parts& parts, ReplayShape shape, int passes) {
    ReplayOptions options;
    options.shape = shape;
    options.passes_per_launch = passes;
    return Replay::create(stream(), parts, options);
  }

  std::shared_ptr<const ModelGraph> model_;
};

TEST_F(GpuReplayTest, OdometerEqualsPassesInBothShapes) {
  const Parts parts = spins(2, 5e-6);
  for (const ReplayShape shape : {ReplayShape::chain, ReplayShape::while_loop}) {
    if (shape == ReplayShape::while_loop && !loop_possible(parts)) continue;
    const auto work = replay(parts, shape, 200);
    EXPECT_GE(work->passes_per_launch(), 200.0);
    const double begin_s = now_s();
    for (int i = 0; i < 10; ++i) work->launch();
    work->drain();
    const OdometerReading reading = work->odometer();
    EXPECT_EQ(reading.passes, 10 * work->passes_per_launch());
    EXPECT_GE(reading.time_s, begin_s);
    EXPECT_LE(reading.time_s, now_s() + 1e-4);
    EXPECT_GE(now_s() - begin_s, reading.passes * 1e-5 * 0.9);  // none was left out
    ASSERT_TRUE(work->time_per_pass_s().has_value());
    EXPECT_GE(*work->time_per_pass_s(), 0.9e-5);
  }
}

TEST_F(GpuReplayTest, OdometerCountsInsideLongPasses) {
  const auto work = replay(spins(20, 1e-3), ReplayShape::chain, 1);
  EXPECT_GE(work->marks_per_pass(), 10);
  std::set<double> inside;
  work->launch();
  for (double passes = 0; passes < 1; passes = work->odometer().passes) {
    if (passes > 0) inside.insert(passes);
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  work->drain();
  EXPECT_GE(inside.size(), 5U);
  EXPECT_EQ(work->odometer().passes, 1.0);
}

TEST_F(GpuReplayTest, StopRequestEndsALoop) {
  const Parts parts = spins(1, 1e-4);
  if (!loop_possible(parts)) GTEST_SKIP() << "this driver has no loops";
  const auto work = replay(parts, ReplayShape::while_loop, 3200);  // 0.32 s
  for (int i = 0; i < 4; ++i) work->launch();
  work->request_stop();
  work->drain();
  const double stopped = work->odometer().passes;
  EXPECT_LT(stopped, 2 * work->passes_per_launch());
  EXPECT_EQ(stopped, std::floor(stopped));
  work->launch();
  work->drain();
  EXPECT_EQ(work->odometer().passes, stopped + work->passes_per_launch());
}

TEST_F(GpuReplayTest, CalibrationFindsAReplayThatFillsItsLaunch) {
  GraphReplayFactory factory(stream(), spins(1, 2e-5));
  ThreadedRunner runner;
  const CalibratedReplay calibrated = calibrate(runner, factory, 2e-3, 4096, {});
  EXPECT_GE(calibrated.chosen.time_per_pass_s, 1.9e-5);
  EXPECT_GE(calibrated.chosen.time_per_pass_s * calibrated.workload->passes_per_launch(), 1.5e-3);
}

TEST_F(GpuReplayTest, EmptyEdgeTakesTime) {
  EXPECT_GT(empty_edge_s(context_, stream(), 500, 5), 0.0);
}

}  // namespace
}  // namespace clear_native::cuda
