#include "gpu_fixture.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "core/errors.hpp"
#include "cuda/device_kernels.hpp"
#include "cuda/driver.hpp"
#include "cuda/launch_queue.hpp"

namespace clear_native::cuda {
namespace {

constexpr std::size_t kBytes = 2048;

/// Functions that the engine has no use for.
template <typename Function>
Function extra_function(const char* name) {
  const char* chosen = std::getenv("CLEAR_CUDA_LIBRARY");
  void* library = dlopen(chosen != nullptr && *chosen != '\0' ? chosen : "libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  return reinterpret_cast<Function>(dlsym(library, name));
}

}  // namespace

void GpuTest::SetUp() {
  try {
    if (device_count() == 0) GTEST_SKIP() << "no CUDA device";
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  context_ = PrimaryContext::of_ordinal(0);
  const ContextScope scope(*context_);
  check(extra_function<PFN_cuStreamCreate_v2000>("cuStreamCreate")(&stream_, CU_STREAM_NON_BLOCKING),
        "creating a stream");
  check(driver().MemAlloc(&bytes_, kBytes), "allocating");
  check(driver().MemsetD8Async(bytes_, 0, kBytes, stream_), "clearing");
}

void GpuTest::TearDown() {
  if (context_ == nullptr) return;
  const ContextScope scope(*context_);
  if (graph_ != nullptr) driver().GraphDestroy(graph_);
  driver().MemFree(bytes_);
  extra_function<PFN_cuStreamDestroy_v4000>("cuStreamDestroy_v2")(stream_);
}

CUgraph GpuTest::capture(const std::function<void()>& work) {
  const ContextScope scope(*context_);
  check(extra_function<PFN_cuStreamBeginCapture_v10010>("cuStreamBeginCapture_v2")(stream_,
                                                                                   CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "beginning a capture");
  work();
  check(extra_function<PFN_cuStreamEndCapture_v10000>("cuStreamEndCapture")(stream_, &graph_), "ending a capture");
  return graph_;
}

void GpuTest::set_byte(std::size_t index, unsigned char value) {
  const ContextScope scope(*context_);
  check(driver().MemsetD8Async(bytes_ + index, value, 1, stream_), "setting a byte");
}

unsigned char GpuTest::byte(std::size_t index) {
  const ContextScope scope(*context_);
  wait_until_idle(stream_);
  unsigned char value = 0;
  check(extra_function<PFN_cuMemcpyDtoH_v3020>("cuMemcpyDtoH_v2")(&value, bytes_ + index, 1), "reading a byte");
  return value;
}

void GpuTest::spin(double duration_s) {
  launch_spin(context_, stream(), duration_s);
}

}  // namespace clear_native::cuda
