#include "node_info.hpp"

#include "driver.hpp"
#include "graph.hpp"

namespace clear_native::cuda {
namespace {

/// Why a node cannot be replayed, and what to do.
std::string refusal_of(CUgraphNodeType type) {
  switch (type) {
    case CU_GRAPH_NODE_TYPE_MEM_ALLOC:
    case CU_GRAPH_NODE_TYPE_MEM_FREE:
      return "allocates or frees memory inside the graph, which can neither be copied nor replayed in part. Use "
             "torch's own "
             "allocator: unset PYTORCH_CUDA_ALLOC_CONF=backend:cudaMallocAsync (or set backend:native).";
    case CU_GRAPH_NODE_TYPE_CONDITIONAL:
      return "is a conditional node, which cannot be copied. Replace data-dependent control flow in the model "
             "(torch.cond, "
             "while_loop) by one fixed branch.";
    case CU_GRAPH_NODE_TYPE_EXT_SEMAS_SIGNAL:
    case CU_GRAPH_NODE_TYPE_EXT_SEMAS_WAIT:
      return "signals or waits for a semaphore of another API, whose other side a replay does not run. Take the "
             "interop "
             "(Vulkan, NvSciSync) out of the model.";
    case CU_GRAPH_NODE_TYPE_HOST:
      return "calls a function on the host, for which the GPU would wait in every replay. Take host callbacks "
             "(cudaLaunchHostFunc) out of the model.";
    case CU_GRAPH_NODE_TYPE_BATCH_MEM_OP:
      return "waits for or writes memory words of other processes or streams, whose other side a replay does not run. "
             "Measure "
             "on a single GPU, without collectives.";
    default:
      return "is of type " + std::to_string(static_cast<int>(type)) +
             ", which this version of the engine cannot copy. Measure this model with execution=\"eager\".";
  }
}

std::optional<NodeType> supported_type(CUgraphNodeType type) {
  switch (type) {
    case CU_GRAPH_NODE_TYPE_KERNEL:
      return NodeType::kernel;
    case CU_GRAPH_NODE_TYPE_MEMCPY:
      return NodeType::memcpy;
    case CU_GRAPH_NODE_TYPE_MEMSET:
      return NodeType::memset;
    case CU_GRAPH_NODE_TYPE_GRAPH:
      return NodeType::child_graph;
    case CU_GRAPH_NODE_TYPE_EMPTY:
      return NodeType::empty;
    case CU_GRAPH_NODE_TYPE_WAIT_EVENT:
      return NodeType::event_wait;
    case CU_GRAPH_NODE_TYPE_EVENT_RECORD:
      return NodeType::event_record;
    default:
      return std::nullopt;
  }
}

}  // namespace

const char* node_type_name(NodeType type) noexcept {
  switch (type) {
    case NodeType::kernel:
      return "kernel";
    case NodeType::memcpy:
      return "memcpy";
    case NodeType::memset:
      return "memset";
    case NodeType::child_graph:
      return "child_graph";
    case NodeType::empty:
      return "empty";
    case NodeType::event_wait:
      return "event_wait";
    case NodeType::event_record:
      return "event_record";
  }
  return "unknown";
}

const std::string& NodeReader::name_of(CUfunction function, CUkernel kernel) {
  const void* handle = function != nullptr ? static_cast<const void*>(function) : static_cast<const void*>(kernel);
  const auto [place, is_new] = names_.try_emplace(handle);
  if (!is_new) return place->second;
  const char* name = nullptr;
  CUresult result = CUDA_ERROR_NOT_FOUND;
  if (function != nullptr && driver().FuncGetName != nullptr) {
    result = driver().FuncGetName(&name, function);
  } else if (function == nullptr && driver().KernelGetName != nullptr) {
    result = driver().KernelGetName(&name, kernel);
  }
  if (result == CUDA_SUCCESS && name != nullptr) place->second = name;
  return place->second;
}

void NodeReader::read_kernel(CUgraphNode node, NodeInfo& info) {
  CUDA_KERNEL_NODE_PARAMS_v2 parameters{};
  check(driver().GraphKernelNodeGetParams(node, &parameters), "reading a kernel of the captured graph");
  info.kernel_name = name_of(parameters.func, parameters.kern);
  info.grid = {parameters.gridDimX, parameters.gridDimY, parameters.gridDimZ};
  info.block = {parameters.blockDimX, parameters.blockDimY, parameters.blockDimZ};
}

void NodeReader::read_child(CUgraphNode node, std::string& refusal, NodeInfo& info) {
  CUgraph child = nullptr;
  check(driver().GraphChildGraphNodeGetGraph(node, &child), "opening a child graph of the captured graph");
  info.inner_nodes = 0;
  for (CUgraphNode inner : nodes_of(child)) {
    const NodeInfo of_inner = read(inner, refusal);
    info.inner_nodes += of_inner.inner_nodes;
    info.allowed_in_loop = info.allowed_in_loop && of_inner.allowed_in_loop;
  }
}

NodeInfo NodeReader::read(CUgraphNode node, std::string& refusal) {
  CUgraphNodeType type = CU_GRAPH_NODE_TYPE_EMPTY;
  check(driver().GraphNodeGetType(node, &type), "reading the type of a captured node");
  const std::optional<NodeType> supported = supported_type(type);
  NodeInfo info;
  if (!supported) {
    refusal = refusal_of(type);
    return info;
  }
  info.type = *supported;
  if (info.type == NodeType::kernel) read_kernel(node, info);
  if (info.type == NodeType::child_graph) read_child(node, refusal, info);
  if (info.type == NodeType::event_wait || info.type == NodeType::event_record) info.allowed_in_loop = false;
  return info;
}

std::uint64_t likeness_key(const NodeInfo& info) {
  std::uint64_t key = static_cast<std::uint64_t>(info.type) + 1;
  const auto add = [&key](std::uint64_t value) { key = (key ^ value) * 0x100000001b3ULL + (key >> 47U); };
  for (const char letter : info.kernel_name) add(static_cast<unsigned char>(letter));
  for (const Dim3& size : {info.grid, info.block}) {
    add(size.x);
    add(size.y);
    add(size.z);
  }
  add(info.inner_nodes);
  return key;
}

}  // namespace clear_native::cuda
