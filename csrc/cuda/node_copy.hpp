#pragma once
// Copies of single nodes from one graph into another.

#include <cuda.h>

#include "node_info.hpp"

namespace clear_native::cuda {

/// Adds a copy of `node` to `graph`, without edges: parameters, and of a kernel its launch attributes too.
/// `context` is where copies of memory run. It must be current.
CUgraphNode copy_node(CUgraph graph, CUgraphNode node, NodeType type, CUcontext context);

}  // namespace clear_native::cuda
