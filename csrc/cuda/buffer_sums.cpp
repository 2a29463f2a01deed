#include "buffer_sums.hpp"

#include <algorithm>
#include <new>
#include <string>

#include "checksum_layout.hpp"
#include "core/errors.hpp"
#include "driver.hpp"
#include "handles.hpp"
#include "launch_queue.hpp"

namespace clear_native::cuda {
namespace {

constexpr std::size_t kMostRanges = 65535;  // of a grid's second dimension

CUdeviceptr mapped(void* host) {
  CUdeviceptr device = 0;
  check(driver().MemHostGetDevicePointer(&device, host, 0), "mapping host memory for checksums");
  return device;
}

void* host_memory(std::size_t bytes) {
  void* host = nullptr;
  check(driver().MemHostAlloc(&host, bytes, CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_PORTABLE),
        "allocating host memory for checksums");
  return host;
}

}  // namespace

BufferSums::BufferSums(std::shared_ptr<const PrimaryContext> context, std::uintptr_t stream,
                       const std::vector<DeviceBuffer>& buffers)
    : context_(std::move(context)),
      kernels_(KernelModule::of(context_)),
      stream_(handle_from<CUstream>(stream)),
      count_(buffers.size()) {
  for (const DeviceBuffer& buffer : buffers) {
    if (buffer.address % 8 == 0) continue;
    throw Error(ErrorKind::bad_input, "A buffer to be checked begins at " + std::to_string(buffer.address) +
                                          ", which is no multiple of 8. Give the storage that it lies in.");
  }
  if (count_ == 0) return;
  const ContextScope scope(*context_);
  try {
    ranges_ = host_memory(count_ * sizeof(ChecksumRange));
    parts_ = static_cast<std::uint64_t*>(host_memory(count_ * kChecksumBlocks * sizeof(std::uint64_t)));
  } catch (...) {
    release();
    throw;
  }
  std::fill_n(parts_, count_ * kChecksumBlocks, 0);
  auto* range = static_cast<ChecksumRange*>(ranges_);
  for (const DeviceBuffer& buffer : buffers) new (range++) ChecksumRange{buffer.address, buffer.bytes};
}

void BufferSums::release() noexcept {
  if (parts_ != nullptr) driver().MemFreeHost(parts_);
  if (ranges_ != nullptr) driver().MemFreeHost(ranges_);
}

BufferSums::~BufferSums() {
  if (driver().CtxPushCurrent(context_->handle()) != CUDA_SUCCESS) return;
  idle_result(stream_);  // a kernel that still reads the ranges
  release();
  CUcontext popped = nullptr;
  driver().CtxPopCurrent(&popped);
}

std::vector<std::uint64_t> BufferSums::read() {
  std::vector<std::uint64_t> sums(count_, 0);
  if (count_ == 0) return sums;
  const ContextScope scope(*context_);
  CUdeviceptr parts = mapped(parts_);
  for (std::size_t first = 0; first < count_; first += kMostRanges) {
    const auto ranges_now = static_cast<unsigned>(std::min(kMostRanges, count_ - first));
    CUdeviceptr ranges = mapped(ranges_) + first * sizeof(ChecksumRange);
    CUdeviceptr parts_now = parts + first * kChecksumBlocks * sizeof(std::uint64_t);
    void* arguments[] = {&ranges, &parts_now};
    check(driver().LaunchKernel(kernels_->checksum, kChecksumBlocks, ranges_now, 1, kChecksumThreads, 1, 1, 0, stream_,
                                arguments, nullptr),
          "launching checksums");
  }
  wait_until_idle(stream_);
  for (std::size_t i = 0; i < count_ * kChecksumBlocks; ++i) sums[i / kChecksumBlocks] += parts_[i];
  return sums;
}

}  // namespace clear_native::cuda
