#include <algorithm>
#include <chrono>
#include <thread>

#include "cuda/launch_queue.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class LaunchQueueTest : public CudaTest {
 protected:
  LaunchQueueTest() : graph_(fake()) {
    graph_.kernel("work");
    const ContextScope scope(*context_);
    exec_ = GraphExec(graph_.handle());
  }
  std::ptrdiff_t runs() {
    const auto log = fake().log();
    return std::count(log.begin(), log.end(), "work(0)");
  }

  GraphBuilder graph_;
  GraphExec exec_;
};

TEST_F(LaunchQueueTest, HoldsAsManyLaunchesAsItIsDeep) {
  LaunchQueue queue(context_, nullptr, 2);
  fake().hold();
  queue.launch(exec_.handle());
  EXPECT_TRUE(queue.wait_for_room(0));
  queue.launch(exec_.handle());
  EXPECT_FALSE(queue.wait_for_room(0));
  fake().release();
  EXPECT_TRUE(queue.wait_for_room(10));
  queue.drain();
  EXPECT_EQ(runs(), 2);
}

TEST_F(LaunchQueueTest, WaitsNoLongerThanTold) {
  LaunchQueue queue(context_, nullptr, 1);
  fake().hold();
  queue.launch(exec_.handle());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(queue.wait_for_room(0.02));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20));
  fake().release();
  queue.drain();
}

TEST_F(LaunchQueueTest, LaunchIntoAFullQueueWaitsForRoom) {
  LaunchQueue queue(context_, nullptr, 1);
  fake().hold();
  queue.launch(exec_.handle());
  const int launches = fake().calls("cuGraphLaunch");
  std::thread third([&] { queue.launch(exec_.handle()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(fake().calls("cuGraphLaunch"), launches);
  fake().release();
  third.join();
  queue.drain();
  EXPECT_EQ(runs(), 2);
}

TEST_F(LaunchQueueTest, DrainWaitsForEverything) {
  fake().set_cost_s("work", 5e-3);
  LaunchQueue queue(context_, nullptr, 4);
  for (int i = 0; i < 4; ++i) queue.launch(exec_.handle());
  queue.drain();
  EXPECT_EQ(runs(), 4);
}

TEST_F(LaunchQueueTest, DrainTellsWhatTheWorkFailedWithAndIsEmptyAfterwards) {
  LaunchQueue queue(context_, nullptr, 1);
  fake().fail_kernel("work", CUDA_ERROR_ILLEGAL_ADDRESS);
  queue.launch(exec_.handle());
  expect_error(ErrorKind::device_lost, {"CUDA_ERROR_ILLEGAL_ADDRESS"}, [&] { queue.drain(); });
  EXPECT_TRUE(queue.wait_for_room(0));
}

TEST_F(LaunchQueueTest, DepthBelowOneIsAnError) {
  expect_error(ErrorKind::bad_input, {"depth 0"}, [this] { LaunchQueue(context_, nullptr, 0); });
}

TEST_F(LaunchQueueTest, EventsAreDestroyedAlsoWhenOneCannotBeMade) {
  const auto before = fake().live_objects();
  {
    const LaunchQueue queue(context_, nullptr, 3);
  }
  EXPECT_EQ(fake().live_objects(), before);
  fake().fail("cuEventCreate", CUDA_ERROR_OUT_OF_MEMORY, 2);
  expect_error(ErrorKind::device_out_of_memory, {"event"}, [this] { LaunchQueue(context_, nullptr, 3); });
  EXPECT_EQ(fake().live_objects(), before);
}

}  // namespace
}  // namespace clear_native::cuda
