// The core's calibration over replays of this part: in real time, with its threads.

#include <gtest/gtest.h>

#include <algorithm>

#include "core/windows/calibrate.hpp"
#include "core/windows/task_runner.hpp"
#include "cuda/replay_factory.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class CalibratedReplayTest : public CudaTest {};

TEST_F(CalibratedReplayTest, CalibrationFillsALaunchAndTheReplayCountsOn) {
  fake().set_cost_s("a", 2e-4);
  GraphBuilder graph(fake());
  graph.chain({"a", "b"});
  GraphReplayFactory factory(stream(), {part_of(graph.model(context_), {"a", "b"})});
  ThreadedRunner runner;
  // Long against any hiccup of a busy machine: a pass must look like many in a launch, however late a thread wakes.
  CalibratedReplay replay = calibrate(runner, factory, 0.05, 1000, {});
  EXPECT_GT(replay.chosen.passes_per_launch, 1);
  EXPECT_GE(replay.chosen.time_per_pass_s, 2e-4);
  EXPECT_GE(replay.tried.size(), 3U);  // one pass, a chain of several, a loop

  const double before = replay.workload->odometer().passes;
  fake().clear_log();
  for (int i = 0; i < 5; ++i) replay.workload->launch();
  replay.workload->drain();
  const double passes = replay.workload->odometer().passes - before;
  EXPECT_EQ(passes, 5 * replay.workload->passes_per_launch());
  const auto log = fake().log();
  EXPECT_EQ(static_cast<double>(std::count(log.begin(), log.end(), "a(0)")), passes);
}

TEST_F(CalibratedReplayTest, DeviceLostEndsCalibrationWithItsError) {
  GraphBuilder graph(fake());
  graph.chain({"a", "b"});
  GraphReplayFactory factory(stream(), {part_of(graph.model(context_), {"a", "b"})});
  ThreadedRunner runner;
  fake().fail_kernel("b", CUDA_ERROR_ILLEGAL_ADDRESS);
  expect_error(ErrorKind::device_lost, {}, [&] { static_cast<void>(calibrate(runner, factory, 2e-3, 1000, {})); });
}

}  // namespace
}  // namespace clear_native::cuda
