#include "odometer.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <new>

#include "core/errors.hpp"
#include "driver.hpp"
#include "launch_queue.hpp"

namespace clear_native::cuda {
namespace {

constexpr int kHandshakes = 32;
constexpr int kReadAttempts = 10'000;  // a mark takes microseconds; a device lost in the middle of one never ends it

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::uint64_t load(const std::uint64_t& word) {
  return std::atomic_ref<std::uint64_t>(const_cast<std::uint64_t&>(word)).load(std::memory_order_acquire);
}

}  // namespace

Odometer::Odometer(std::shared_ptr<const PrimaryContext> context, CUstream stream)
    : context_(std::move(context)), kernels_(KernelModule::of(context_)), stream_(stream) {
  const ContextScope scope(*context_);
  try {
    allocate();
    align_clocks();
  } catch (...) {
    release();
    throw;
  }
}

void Odometer::allocate() {
  void* host = nullptr;
  // Pinned and mapped, never managed: a page that migrates would stop the device at every reading.
  check(driver().MemHostAlloc(&host, sizeof(OdometerCell), CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_PORTABLE),
        "allocating the odometer's host memory");
  cell_ = new (host) OdometerCell{};
  check(driver().MemHostGetDevicePointer(&device_cell_, host, 0), "mapping the odometer's host memory");
  check(driver().MemAlloc(&state_, sizeof(OdometerState)), "allocating the odometer's device memory");
  check(driver().MemsetD8Async(state_, 0, sizeof(OdometerState), stream_), "clearing the odometer");
}

void Odometer::release() noexcept {
  idle_result(stream_);  // nothing runs any more on a stream that failed
  if (state_ != 0) driver().MemFree(state_);
  if (cell_ != nullptr) driver().MemFreeHost(cell_);
}

Odometer::~Odometer() {
  if (driver().CtxPushCurrent(context_->handle()) != CUDA_SUCCESS) return;
  release();
  CUcontext popped = nullptr;
  driver().CtxPopCurrent(&popped);
}

void Odometer::mark_now() {
  std::uint64_t increment = 0;
  void* arguments[] = {&state_, &device_cell_, &increment};
  const ContextScope scope(*context_);
  check(driver().LaunchKernel(kernels_->odometer, 1, 1, 1, 1, 1, 1, 0, stream_, arguments, nullptr),
        "launching the odometer");
}

void Odometer::align_clocks() {
  for (std::uint64_t sequence = 1; sequence <= kHandshakes; ++sequence) {
    mark_now();
    while (load(cell_->end) != sequence) {
      const CUresult result = driver().StreamQuery(stream_);
      if (result == CUDA_ERROR_NOT_READY) continue;
      check(result, "waiting for the odometer");
      if (load(cell_->end) == sequence) break;
      throw Error(ErrorKind::cuda_error,
                  "A kernel wrote to mapped host memory and the host does not see it. This GPU or its virtual machine "
                  "does not support mapped memory; measure with execution=\"eager\".");
    }
    clock_.observe(load(cell_->stamp_ns), steady_ns());
  }
  last_.time_s = clock_.host_s(load(cell_->stamp_ns));
  last_.sequence = kHandshakes;
}

std::optional<Odometer::Mark> Odometer::read_mark() const {
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    Mark mark;
    mark.sequence = load(cell_->end);
    mark.count = load(cell_->count);
    mark.stamp_ns = load(cell_->stamp_ns);
    if (load(cell_->begin) == mark.sequence) return mark;
  }
  return std::nullopt;
}

Odometer::Reading Odometer::read() const {
  const std::lock_guard lock(mutex_);
  const std::optional<Mark> mark = read_mark();
  if (!mark) return last_;
  clock_.observe(mark->stamp_ns, steady_ns());
  if (mark->sequence > last_.sequence) {
    last_ = Reading{mark->sequence, mark->count, std::max(clock_.host_s(mark->stamp_ns), last_.time_s)};
  }
  return last_;
}

std::uint64_t Odometer::stamp_ns(std::uint64_t sequence) const {
  return load(cell_->log_ns[sequence % kOdometerLogSize]);
}

void Odometer::set_stop(bool stop) {
  std::atomic_ref<std::uint64_t>(cell_->stop).store(stop ? 1 : 0, std::memory_order_release);
}

}  // namespace clear_native::cuda
