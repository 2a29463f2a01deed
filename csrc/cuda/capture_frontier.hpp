#pragma once
// Where a capture stands: the nodes that the next captured one will depend on.

#include <cstdint>
#include <vector>

namespace clear_native::cuda {

/// The dependency nodes of a stream under capture, as handles; empty before its first node.
/// Throws Error(capture_failed) where the stream is not capturing or its capture broke.
std::vector<std::uintptr_t> capture_frontier(std::uintptr_t stream);

}  // namespace clear_native::cuda
