#include "memory_pools.hpp"

#include <exception>
#include <thread>

namespace clear_native::torch_runner {
namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;

void begin_for_this_thread(c10::DeviceIndex device, PoolId pool) {
  allocator::beginAllocateToPool(device, pool, [thread = std::this_thread::get_id()](cudaStream_t) {
    return std::this_thread::get_id() == thread;
  });
}

}  // namespace

std::int64_t allocations(c10::DeviceIndex device) {
  constexpr auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return allocator::getDeviceStats(device).allocation.at(all).allocated;
}

std::vector<bundle::FreeBlock> free_blocks(PoolId pool) {
  std::vector<bundle::FreeBlock> found;
  for (const auto& segment : allocator::snapshot(pool).segments) {
    if (segment.owner_private_pool_id != pool) continue;
    for (const auto& block : segment.blocks) {
      if (!block.allocated && !block.active) found.push_back({block.size, !segment.is_large});
    }
  }
  return found;
}

ScratchPool::ScratchPool(c10::DeviceIndex device, PoolId graph_pool)
    : device_(device), graph_pool_(graph_pool), own_(at::cuda::graph_pool_handle()) {}

ScratchPool::~ScratchPool() {
  if (!is_made_) return;
  try {
    allocator::releasePool(device_, own_);
  } catch (const std::exception&) {  // the memory stays with torch until the program ends, which is soon
    is_made_ = false;
  }
}

void ScratchPool::enter() {
  allocator::endAllocateToPool(device_, graph_pool_);
  try {
    begin_for_this_thread(device_, own_);
  } catch (const std::exception&) {
    back_to_graph();
    throw;
  }
}

void ScratchPool::leave() {
  allocator::endAllocateToPool(device_, own_);
  if (is_made_) allocator::releasePool(device_, own_);  // beginning counted one user more
  is_made_ = true;
  back_to_graph();
}

void ScratchPool::back_to_graph() const {
  begin_for_this_thread(device_, graph_pool_);
  allocator::releasePool(device_, graph_pool_);
}

}  // namespace clear_native::torch_runner
