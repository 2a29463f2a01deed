#pragma once
// Pools of torch's CUDA allocator beside the pool of a graph under capture. Needs a torch for CUDA.

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>

#include <cstdint>
#include <vector>

#include "bundle/withheld_blocks.hpp"

namespace clear_native::torch_runner {

using PoolId = decltype(at::cuda::graph_pool_handle());

/// Blocks that torch has handed out on the device so far.
std::int64_t allocations(c10::DeviceIndex device);

/// Memory of the pool that is handed out to nobody.
std::vector<bundle::FreeBlock> free_blocks(PoolId pool);

/// Memory that the stretches of a captured forward share.
///
/// The allocator serves the first pool in its list that wants an allocation, and the graph's is always first. So the
/// graph's pool is taken off the list while operators allocate here, and put back after each. From then on it is that
/// of the thread, where it was that of every stream under capture.
class ScratchPool {
 public:
  ScratchPool(c10::DeviceIndex device, PoolId graph_pool);
  ~ScratchPool();
  ScratchPool(const ScratchPool&) = delete;
  ScratchPool& operator=(const ScratchPool&) = delete;

  /// What this thread allocates from now on lies here, until leave(). Throws what torch throws.
  void enter();
  void leave();

 private:
  void back_to_graph() const;

  c10::DeviceIndex device_;
  PoolId graph_pool_;
  PoolId own_;
  bool is_made_ = false;  // with one user, which is this object
};

}  // namespace clear_native::torch_runner
