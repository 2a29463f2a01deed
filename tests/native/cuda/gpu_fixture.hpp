#pragma once
// A real GPU without torch: a stream that captures, device memory, and the engine's kernels as work.

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "cuda/buffer_sums.hpp"
#include "cuda/context.hpp"
#include "cuda/model_graph.hpp"

namespace clear_native::cuda {

/// Skips where there is no driver or no device.
class GpuTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] std::uintptr_t stream() const { return reinterpret_cast<std::uintptr_t>(stream_); }
  /// Captures what `work` enqueues on stream(); the graph lives as long as the test.
  CUgraph capture(const std::function<void()>& work);
  /// Enqueues a memset of one byte of device memory, all of which is 0 to begin with.
  void set_byte(std::size_t index, unsigned char value);
  [[nodiscard]] unsigned char byte(std::size_t index);
  void spin(double duration_s);
  /// A stretch of that memory; `begin` a multiple of 8.
  [[nodiscard]] DeviceBuffer buffer(std::size_t begin, std::size_t bytes) const { return {bytes_ + begin, bytes}; }

  std::shared_ptr<const PrimaryContext> context_;

 private:
  CUstream stream_ = nullptr;
  CUgraph graph_ = nullptr;
  CUdeviceptr bytes_ = 0;
};

}  // namespace clear_native::cuda
