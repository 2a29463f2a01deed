#include <chrono>
#include <limits>

#include "cuda/device_kernels.hpp"
#include "cuda/launch_queue.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class DeviceKernelsTest : public CudaTest {};

TEST_F(DeviceKernelsTest, SpinTakesItsTime) {
  const auto begin = std::chrono::steady_clock::now();
  launch_spin(context_, stream(), 0.01, 4, 64);
  wait_until_idle(nullptr);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(10));
  EXPECT_EQ(fake().log(), (std::vector<std::string>{"clear_spin"}));
}

TEST_F(DeviceKernelsTest, EmptyRunsOnce) {
  launch_empty(context_, stream());
  wait_until_idle(nullptr);
  EXPECT_EQ(fake().log(), (std::vector<std::string>{"clear_empty"}));
}

TEST_F(DeviceKernelsTest, DurationsAndSizesMustBePositive) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double duration_s : {0.0, -1.0, nan}) {
    expect_error(ErrorKind::bad_input, {"duration"}, [&] { launch_spin(context_, stream(), duration_s); });
  }
  expect_error(ErrorKind::bad_input, {"blocks"}, [this] { launch_spin(context_, stream(), 1e-6, 0); });
  expect_error(ErrorKind::bad_input, {"threads"}, [this] { launch_spin(context_, stream(), 1e-6, 1, 0); });
  expect_error(ErrorKind::bad_input, {"empty kernels"}, [this] { empty_edge_s(context_, stream(), 0); });
  expect_error(ErrorKind::bad_input, {"repeats"}, [this] { empty_edge_s(context_, stream(), 10, 0); });
}

TEST_F(DeviceKernelsTest, EmptyEdgeIsThatOfOneKernelWhateverTheMarksTake) {
  fake().count_time_by_costs();
  fake().set_cost_s("clear_empty", 2e-4);
  fake().set_cost_s("clear_odometer", 1e-3);
  EXPECT_NEAR(empty_edge_s(context_, stream(), 10, 3), 2e-4, 1e-7);
}

}  // namespace
}  // namespace clear_native::cuda
