#pragma once
// How all free memory of a pool of torch's allocator is taken, so that nothing of it is handed out again.

#include <cstddef>
#include <vector>

namespace clear_native::bundle {

struct FreeBlock {
  std::size_t bytes = 0;
  bool in_small_segment = false;
};

/// Sizes of the allocations, in order, that take these free blocks. torch serves requests of up to 1 MiB from small
/// segments (of 2 MiB) only and larger ones from large segments only. So a larger block of a small segment is taken in
/// pieces, and a smaller one of a large segment cannot be handed out. Whole pieces come first: they have just the room
/// that they need, and leave each rest as it was counted. As clear_native/capture/kept_buffers.py does it.
std::vector<std::size_t> withheld_sizes(const std::vector<FreeBlock>& blocks);

}  // namespace clear_native::bundle
