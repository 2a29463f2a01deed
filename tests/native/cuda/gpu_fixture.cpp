#include "gpu_fixture.hpp"

#include <dlfcn.h>

#include <cstdlib>

#include "core/errors.hpp"
#include "cuda/device_kernels.hpp"
#include "cuda/driver.hpp"

namespace clear_native::cuda {
namespace {

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
  void* host = nullptr;
  check(driver().MemHostAlloc(&host, 64, CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_PORTABLE), "allocating");
  host_ = static_cast<unsigned char*>(host);
  check(driver().MemHostGetDevicePointer(&device_, host, 0), "mapping");
}

void GpuTest::TearDown() {
  if (context_ == nullptr) return;
  const ContextScope scope(*context_);
  if (graph_ != nullptr) driver().GraphDestroy(graph_);
  driver().MemFreeHost(host_);
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
  check(driver().MemsetD8Async(device_ + index, value, 1, stream_), "setting a byte");
}

unsigned char GpuTest::byte(std::size_t index) {
  return static_cast<volatile unsigned char*>(host_)[index];
}

void GpuTest::spin(double duration_s) {
  launch_spin(context_, stream(), duration_s);
}

}  // namespace clear_native::cuda
