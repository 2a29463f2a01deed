#include <chrono>
#include <thread>

#include "cuda/driver.hpp"
#include "cuda/launch_queue.hpp"
#include "cuda/odometer.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class OdometerTest : public CudaTest {
 protected:
  void mark(const Odometer& odometer, std::uint64_t increment) {
    const ContextScope scope(*context_);
    CUdeviceptr state = odometer.state();
    CUdeviceptr cell = odometer.cell();
    void* arguments[] = {&state, &cell, &increment};
    check(driver().LaunchKernel(odometer.kernels().odometer, 1, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr),
          "marking");
  }
};

TEST_F(OdometerTest, BeginsAtZeroNow) {
  const double before_s = now_s();
  const Odometer odometer(context_, nullptr);
  const Odometer::Reading reading = odometer.read();
  EXPECT_EQ(reading.count, 0U);
  EXPECT_GE(reading.time_s, before_s);
  EXPECT_LE(reading.time_s, now_s());
}

TEST_F(OdometerTest, CountsWhatTheMarksSayAndStampsThemInHostTime) {
  const Odometer odometer(context_, nullptr);
  const std::uint64_t first = odometer.read().sequence;
  const double before_s = now_s();
  mark(odometer, 5);
  mark(odometer, 7);
  wait_until_idle(nullptr);
  const double after_s = now_s();
  const Odometer::Reading reading = odometer.read();
  EXPECT_EQ(reading.count, 12U);
  EXPECT_EQ(reading.sequence, first + 2);
  EXPECT_GE(reading.time_s, before_s - 1e-3);  // the clocks are aligned to within the time a mark takes to be seen
  EXPECT_LE(reading.time_s, after_s);
}

TEST_F(OdometerTest, LogHoldsTheStampOfEveryMark) {
  const Odometer odometer(context_, nullptr);
  fake().set_cost_s("clear_odometer", 2e-3);
  const std::uint64_t first = odometer.read().sequence + 1;
  for (int i = 0; i < 3; ++i) mark(odometer, 1);
  wait_until_idle(nullptr);
  for (std::uint64_t sequence = first; sequence < first + 2; ++sequence) {
    EXPECT_GE(odometer.stamp_ns(sequence + 1), odometer.stamp_ns(sequence) + 1'900'000);
  }
}

TEST_F(OdometerTest, ReadingsWhileItRunsAreConsistentAndNeverGoBack) {
  const Odometer odometer(context_, nullptr);
  const std::uint64_t first = odometer.read().sequence;
  std::thread writer([&] {
    for (int i = 0; i < 3000; ++i) mark(odometer, 2);
  });
  Odometer::Reading last = odometer.read();
  while (last.count < 6000) {
    const Odometer::Reading reading = odometer.read();
    ASSERT_EQ(reading.count, 2 * (reading.sequence - first));
    ASSERT_GE(reading.sequence, last.sequence);
    ASSERT_GE(reading.time_s, last.time_s);
    last = reading;
  }
  writer.join();
}

TEST_F(OdometerTest, MarkThatIsHalfWrittenIsNotRead) {
  const Odometer odometer(context_, nullptr);
  mark(odometer, 3);
  wait_until_idle(nullptr);
  const Odometer::Reading before = odometer.read();
  fake().hold_in_mark();
  mark(odometer, 4);
  while (!fake().is_in_mark()) std::this_thread::yield();
  const Odometer::Reading during = odometer.read();
  EXPECT_EQ(during.count, 3U);
  EXPECT_EQ(during.sequence, before.sequence);
  EXPECT_EQ(during.time_s, before.time_s);
  fake().release();
  wait_until_idle(nullptr);
  EXPECT_EQ(odometer.read().count, 7U);
}

TEST_F(OdometerTest, SameMarkHasTheSameTimeWheneverItIsRead) {
  const Odometer odometer(context_, nullptr);
  mark(odometer, 1);
  wait_until_idle(nullptr);
  const double first_s = odometer.read().time_s;
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(odometer.read().time_s, first_s);
}

TEST_F(OdometerTest, NothingIsLeftBehindWhateverFails) {
  const auto before = fake().live_objects();
  {
    const Odometer odometer(context_, nullptr);
  }
  EXPECT_EQ(fake().live_objects(), before);
  for (const char* function :
       {"cuMemHostAlloc", "cuMemHostGetDevicePointer", "cuMemAlloc", "cuMemsetD8Async", "cuLaunchKernel"}) {
    fake().reset();
    fake().fail(function, CUDA_ERROR_OUT_OF_MEMORY);
    expect_error(ErrorKind::device_out_of_memory, {}, [this] { const Odometer odometer(context_, nullptr); });
    EXPECT_EQ(fake().live_objects(), before) << function;
  }
}

TEST_F(OdometerTest, DeviceLostWhileAligningClocksIsTyped) {
  fake().fail_kernel("clear_odometer", CUDA_ERROR_LAUNCH_FAILED);
  expect_error(ErrorKind::device_lost, {"odometer"}, [this] { const Odometer odometer(context_, nullptr); });
}

}  // namespace
}  // namespace clear_native::cuda
