#pragma once
// Checksums of device memory: whether what must stay as it is did.

#include <cuda.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "context.hpp"
#include "module.hpp"

namespace clear_native::cuda {

struct DeviceBuffer {
  std::uintptr_t address = 0;  // a multiple of 8, as every allocator gives it
  std::size_t bytes = 0;
};

class BufferSums {
 public:
  /// Borrows the buffers' memory. Throws Error(bad_input) for an address that is no multiple of 8.
  BufferSums(std::shared_ptr<const PrimaryContext> context, std::uintptr_t stream,
             const std::vector<DeviceBuffer>& buffers);
  ~BufferSums();
  BufferSums(const BufferSums&) = delete;
  BufferSums& operator=(const BufferSums&) = delete;

  /// One number per buffer that depends on every bit and where it stands. Runs on the stream and waits for it.
  std::vector<std::uint64_t> read();

  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  void release() noexcept;

  std::shared_ptr<const PrimaryContext> context_;
  std::shared_ptr<const KernelModule> kernels_;
  CUstream stream_;
  std::size_t count_;
  void* ranges_ = nullptr;  // mapped host memory, as is the next
  std::uint64_t* parts_ = nullptr;
};

}  // namespace clear_native::cuda
