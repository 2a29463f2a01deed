#include "node_copy.hpp"

#include <cstring>

#include "driver.hpp"

namespace clear_native::cuda {
namespace {

CUgraphNode copy_kernel(CUgraph graph, CUgraphNode node) {
  CUDA_KERNEL_NODE_PARAMS_v2 parameters{};
  check(driver().GraphKernelNodeGetParams(node, &parameters), "reading a captured kernel");
  // Arguments come either way, never both ways: the driver refuses a node that has both. With `func` null the driver
  // takes `kern` and `ctx`, which are copied with the rest.
  if (parameters.kernelParams != nullptr) parameters.extra = nullptr;
  CUgraphNode copy = nullptr;
  check(driver().GraphAddKernelNode(&copy, graph, nullptr, 0, &parameters), "copying a captured kernel");
  // Clusters, cooperative launch, priority, ...: not part of the parameters.
  check(driver().GraphKernelNodeCopyAttributes(copy, node), "copying a captured kernel's attributes");
  return copy;
}

CUgraphNode copy_memcpy(CUgraph graph, CUgraphNode node, CUcontext context) {
  CUDA_MEMCPY3D parameters;
  std::memset(&parameters, 0, sizeof parameters);
  check(driver().GraphMemcpyNodeGetParams(node, &parameters), "reading a captured memory copy");
  CUgraphNode copy = nullptr;
  check(driver().GraphAddMemcpyNode(&copy, graph, nullptr, 0, &parameters, context), "copying a captured memory copy");
  return copy;
}

CUgraphNode copy_memset(CUgraph graph, CUgraphNode node, CUcontext context) {
  CUDA_MEMSET_NODE_PARAMS parameters{};
  check(driver().GraphMemsetNodeGetParams(node, &parameters), "reading a captured memset");
  CUgraphNode copy = nullptr;
  check(driver().GraphAddMemsetNode(&copy, graph, nullptr, 0, &parameters, context), "copying a captured memset");
  return copy;
}

CUgraphNode copy_child(CUgraph graph, CUgraphNode node) {
  CUgraph child = nullptr;
  check(driver().GraphChildGraphNodeGetGraph(node, &child), "opening a captured child graph");
  CUgraphNode copy = nullptr;
  check(driver().GraphAddChildGraphNode(&copy, graph, nullptr, 0, child), "copying a captured child graph");
  return copy;
}

CUgraphNode copy_empty(CUgraph graph) {
  CUgraphNode copy = nullptr;
  check(driver().GraphAddEmptyNode(&copy, graph, nullptr, 0), "copying a captured empty node");
  return copy;
}

CUgraphNode copy_event(CUgraph graph, CUgraphNode node, NodeType type) {
  const bool records = type == NodeType::event_record;
  CUevent event = nullptr;
  check(
      records ? driver().GraphEventRecordNodeGetEvent(node, &event) : driver().GraphEventWaitNodeGetEvent(node, &event),
      "reading a captured event");
  CUgraphNode copy = nullptr;
  check(records ? driver().GraphAddEventRecordNode(&copy, graph, nullptr, 0, event)
                : driver().GraphAddEventWaitNode(&copy, graph, nullptr, 0, event),
        "copying a captured event");
  return copy;
}

}  // namespace

CUgraphNode copy_node(CUgraph graph, CUgraphNode node, NodeType type, CUcontext context) {
  switch (type) {
    case NodeType::kernel:
      return copy_kernel(graph, node);
    case NodeType::memcpy:
      return copy_memcpy(graph, node, context);
    case NodeType::memset:
      return copy_memset(graph, node, context);
    case NodeType::child_graph:
      return copy_child(graph, node);
    case NodeType::empty:
      return copy_empty(graph);
    case NodeType::event_wait:
    case NodeType::event_record:
      return copy_event(graph, node, type);
  }
  return nullptr;
}

}  // namespace clear_native::cuda
