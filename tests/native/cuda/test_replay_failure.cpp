#include <algorithm>
#include <chrono>
#include <thread>

#include "cuda/driver.hpp"
#include "cuda/replay.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class ReplayFailureTest : public CudaTest {
 protected:
  ReplayFailureTest() : graph_(fake()) {
    graph_.chain({"a", "b"});
    part_ = part_of(graph_.model(context_), {"a", "b"});
  }

  std::unique_ptr<Replay> create(ReplayOptions options = {}) { return Replay::create(stream(), {part_}, options); }

  std::ptrdiff_t runs_of_b() {
    const auto log = fake().log();
    return std::count(log.begin(), log.end(), "b(1)");
  }

  GraphBuilder graph_;
  std::shared_ptr<const Subgraph> part_;
};

TEST_F(ReplayFailureTest, WhatWasQueuedIsDoneWhenALaunchThrows) {
  const auto replay = create();
  fake().clear_log();
  fake().set_cost_s("b", 10e-3);
  fake().fail("cuGraphLaunch", CUDA_ERROR_OUT_OF_MEMORY, 2);
  replay->launch();
  replay->launch();
  expect_error(ErrorKind::device_out_of_memory, {"launching a replay"}, [&] { replay->launch(); });
  EXPECT_EQ(runs_of_b(), 2);
  EXPECT_EQ(replay->odometer().passes, 2.0);
}

TEST_F(ReplayFailureTest, LaunchWhoseEventFailsIsDrainedToo) {
  const auto replay = create();
  fake().clear_log();
  fake().set_cost_s("b", 10e-3);
  fake().fail("cuEventRecord", CUDA_ERROR_OUT_OF_MEMORY);
  expect_error(ErrorKind::device_out_of_memory, {"event"}, [&] { replay->launch(); });
  EXPECT_EQ(runs_of_b(), 1);
}

TEST_F(ReplayFailureTest, DestructorWaitsForWhatIsQueued) {
  auto replay = create();
  fake().clear_log();
  fake().set_cost_s("b", 10e-3);
  for (int i = 0; i < 3; ++i) replay->launch();
  replay.reset();
  EXPECT_EQ(runs_of_b(), 3);
}

TEST_F(ReplayFailureTest, DestructorStopsALoopThatIsRunning) {
  fake().set_cost_s("b", 1e-3);
  ReplayOptions options;
  options.shape = ReplayShape::while_loop;
  options.passes_per_launch = 16'000;  // 16 s
  options.calibrate = false;
  auto replay = create(options);
  fake().clear_log();
  replay->launch();
  replay.reset();
  EXPECT_GT(runs_of_b(), 0);
  EXPECT_LT(runs_of_b(), 8000);
}

TEST_F(ReplayFailureTest, DeviceLostIsToldAndNothingHangs) {
  auto replay = create();
  fake().fail_kernel("b", CUDA_ERROR_ILLEGAL_ADDRESS);
  replay->launch();
  expect_error(ErrorKind::device_lost, {"CUDA_ERROR_ILLEGAL_ADDRESS"}, [&] { replay->drain(); });
  expect_error(ErrorKind::device_lost, {}, [&] { replay->launch(); });
  EXPECT_EQ(replay->odometer().passes, 0.0);
  replay.reset();
}

TEST_F(ReplayFailureTest, DeviceLostIsSeenWhileWaitingForRoom) {
  auto replay = create();
  fake().hold();
  for (int i = 0; i < 4; ++i) replay->launch();
  fake().fail_kernel("a", CUDA_ERROR_LAUNCH_FAILED);
  fake().release();
  expect_error(ErrorKind::device_lost, {}, [&] {
    double look_again_s = 0;
    for (int i = 0; i < 100; ++i) {
      static_cast<void>(replay->wait_for_room(look_again_s));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
}

TEST_F(ReplayFailureTest, NothingIsLeftBehindWhateverFailsInBuilding) {
  const auto before = fake().live_objects();
  {
    const auto replay = create();
  }
  EXPECT_EQ(fake().live_objects(), before);
  for (const char* function : {"cuGraphCreate", "cuGraphKernelNodeGetParams", "cuGraphAddKernelNode", "cuEventCreate",
                               "cuGraphInstantiateWithFlags", "cuGraphUpload", "cuGraphLaunch"}) {
    fake().reset();
    fake().fail(function, CUDA_ERROR_OUT_OF_MEMORY);
    expect_error(ErrorKind::device_out_of_memory, {}, [this] { create(); });
    EXPECT_EQ(fake().live_objects(), before) << function;
  }
}

TEST_F(ReplayFailureTest, NothingIsLeftBehindWhateverFailsInALoop) {
  const auto before = fake().live_objects();
  ReplayOptions options;
  options.shape = ReplayShape::while_loop;
  options.passes_per_launch = 20;
  for (const char* function : {"cuGraphConditionalHandleCreate", "cuGraphAddNode", "cuGraphInstantiateWithFlags"}) {
    fake().reset();
    fake().fail(function, CUDA_ERROR_OUT_OF_MEMORY);
    expect_error(ErrorKind::device_out_of_memory, {}, [&] { create(options); });
    EXPECT_EQ(fake().live_objects(), before) << function;
  }
}

TEST_F(ReplayFailureTest, ImpossibleOptionsAreTypedErrors) {
  expect_error(ErrorKind::bad_input, {"without parts"}, [] { Replay::create(stream(), {}); });
  ReplayOptions no_passes;
  no_passes.passes_per_launch = 0;
  expect_error(ErrorKind::bad_input, {"at least one pass"}, [&] { create(no_passes); });
  ReplayOptions no_interval;
  no_interval.mark_interval_s = 0;
  expect_error(ErrorKind::bad_input, {"above 0"}, [&] { create(no_interval); });
  ReplayOptions other_times;
  other_times.node_time_s = {1e-6};
  expect_error(ErrorKind::bad_input, {"1 nodes", "pass of 2"}, [&] { create(other_times); });
}

TEST_F(ReplayFailureTest, PartsOfSeveralDevicesAreRefused) {
  fake().set_device_count(2);
  const auto elsewhere = part_of(graph_.model(PrimaryContext::of_ordinal(1)), {"a"});
  expect_error(ErrorKind::bad_input, {"several devices"}, [&] { Replay::create(stream(), {part_, elsewhere}); });
}

TEST_F(ReplayFailureTest, LoopOfWhatMayNotLoopIsRefused) {
  CUgraphNode node = nullptr;
  ASSERT_EQ(driver().GraphAddEventRecordNode(&node, graph_.handle(), nullptr, 0, reinterpret_cast<CUevent>(0x10)),
            CUDA_SUCCESS);
  const auto model = graph_.model(context_);
  const auto with_event = Subgraph::create(model, {0, 1, 2});
  ReplayOptions options;
  options.shape = ReplayShape::while_loop;
  expect_error(ErrorKind::bad_input, {"WHILE", "chain"}, [&] { Replay::create(stream(), {with_event}, options); });
  EXPECT_NO_THROW(Replay::create(stream(), {with_event}));
}

}  // namespace
}  // namespace clear_native::cuda
