// Functions of the fake on whole graphs: listing, edges, instances, launches, captures.

#include <algorithm>
#include <random>

#include "fake_device.hpp"
#include "fake_state.hpp"

namespace {

template <typename Item>
void shuffle(std::vector<Item>& items) {
  if (fake_state().shuffle_seed == 0) return;
  std::mt19937 generator(fake_state().shuffle_seed);
  std::shuffle(items.begin(), items.end(), generator);
}

CUresult graph_create(CUgraph* graph, unsigned flags) {
  FAKE_ENTER("cuGraphCreate");
  FAKE_NEED(flags == 0);
  *graph = new CUgraph_st;
  const std::lock_guard lock(fake_state().mutex);
  ++fake_state().live.graphs;
  return CUDA_SUCCESS;
}

CUresult graph_destroy(CUgraph graph) {
  FAKE_ENTER("cuGraphDestroy");
  delete graph;
  const std::lock_guard lock(fake_state().mutex);
  --fake_state().live.graphs;
  return CUDA_SUCCESS;
}

CUresult graph_get_nodes(CUgraph graph, CUgraphNode* nodes, std::size_t* count) {
  FAKE_ENTER("cuGraphGetNodes");
  std::vector<CUgraphNode> all;
  for (const auto& node : graph->nodes) all.push_back(node.get());
  shuffle(all);
  if (nodes != nullptr) std::copy_n(all.begin(), std::min(*count, all.size()), nodes);
  *count = all.size();
  return CUDA_SUCCESS;
}

CUresult list_edges(CUgraph graph, CUgraphNode* from, CUgraphNode* to, CUgraphEdgeData* data, std::size_t* count) {
  std::vector<FakeEdge> edges = graph->edges;
  shuffle(edges);
  if (from != nullptr) {
    for (std::size_t i = 0; i < std::min(*count, edges.size()); ++i) {
      if (data == nullptr && edges[i].has_data()) return CUDA_ERROR_LOSSY_QUERY;
      from[i] = edges[i].from;
      to[i] = edges[i].to;
      if (data != nullptr) data[i] = edges[i].data;
    }
  }
  *count = edges.size();
  return CUDA_SUCCESS;
}

CUresult graph_get_edges_data(CUgraph graph, CUgraphNode* from, CUgraphNode* to, CUgraphEdgeData* data,
                              std::size_t* count) {
  FAKE_ENTER("cuGraphGetEdges");
  return list_edges(graph, from, to, data, count);
}

CUresult graph_get_edges(CUgraph graph, CUgraphNode* from, CUgraphNode* to, std::size_t* count) {
  FAKE_ENTER("cuGraphGetEdges");
  return list_edges(graph, from, to, nullptr, count);
}

bool has_edge(CUgraph graph, CUgraphNode from, CUgraphNode to) {
  return std::any_of(graph->edges.begin(), graph->edges.end(),
                     [&](const FakeEdge& edge) { return edge.from == from && edge.to == to; });
}

CUresult graph_add_dependencies_data(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to,
                                     const CUgraphEdgeData* data, std::size_t count) {
  FAKE_ENTER("cuGraphAddDependencies");
  for (std::size_t i = 0; i < count; ++i) {
    const FakeEdge edge{from[i], to[i], data != nullptr ? data[i] : CUgraphEdgeData{}};
    FAKE_NEED(graph->holds(edge.from) && graph->holds(edge.to) && edge.from != edge.to);
    FAKE_NEED(!has_edge(graph, edge.from, edge.to));
    FAKE_NEED(edge.data.type == CU_GRAPH_DEPENDENCY_TYPE_DEFAULT ||
              (edge.from->type == CU_GRAPH_NODE_TYPE_KERNEL && edge.to->type == CU_GRAPH_NODE_TYPE_KERNEL));
    graph->edges.push_back(edge);
  }
  return CUDA_SUCCESS;
}

CUresult graph_add_dependencies(CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, std::size_t count) {
  return graph_add_dependencies_data(graph, from, to, nullptr, count);
}

bool allowed_in_loop(const CUgraph_st& graph) {
  return std::all_of(graph.nodes.begin(), graph.nodes.end(), [](const auto& node) {
    switch (node->type) {
      case CU_GRAPH_NODE_TYPE_KERNEL:
      case CU_GRAPH_NODE_TYPE_MEMCPY:
      case CU_GRAPH_NODE_TYPE_MEMSET:
      case CU_GRAPH_NODE_TYPE_EMPTY:
        return true;
      case CU_GRAPH_NODE_TYPE_GRAPH:
      case CU_GRAPH_NODE_TYPE_CONDITIONAL:
        return allowed_in_loop(*node->child);
      default:
        return false;
    }
  });
}

CUresult check_runnable(const CUgraph_st& graph) {
  if (!graph.nodes.empty() && graph.ordered().empty()) return CUDA_ERROR_INVALID_VALUE;
  for (const auto& node : graph.nodes) {
    if (node->type == CU_GRAPH_NODE_TYPE_CONDITIONAL && !allowed_in_loop(*node->child)) return CUDA_ERROR_NOT_SUPPORTED;
    if (node->child == nullptr) continue;
    if (const CUresult result = check_runnable(*node->child); result != CUDA_SUCCESS) return result;
  }
  return CUDA_SUCCESS;
}

CUresult graph_instantiate(CUgraphExec* exec, CUgraph graph, unsigned long long flags) {
  FAKE_ENTER("cuGraphInstantiateWithFlags");
  FAKE_NEED_CONTEXT();
  FAKE_NEED(flags == 0);
  if (const CUresult result = check_runnable(*graph); result != CUDA_SUCCESS) return result;
  *exec = new CUgraphExec_st{graph->clone()};
  const std::lock_guard lock(fake_state().mutex);
  ++fake_state().live.execs;
  return CUDA_SUCCESS;
}

CUresult graph_exec_destroy(CUgraphExec exec) {
  FAKE_ENTER("cuGraphExecDestroy");
  delete exec;
  const std::lock_guard lock(fake_state().mutex);
  --fake_state().live.execs;
  return CUDA_SUCCESS;
}

CUresult graph_upload(CUgraphExec, CUstream) {
  FAKE_ENTER("cuGraphUpload");
  FAKE_NEED_CONTEXT();
  return CUDA_SUCCESS;
}

CUresult graph_launch(CUgraphExec exec, CUstream) {
  FAKE_ENTER("cuGraphLaunch");
  FAKE_NEED_CONTEXT();
  if (const CUresult broken = fake_device().broken(); broken != CUDA_SUCCESS) return broken;
  fake_device().enqueue([graph = exec->graph] { fake_device().run_graph(*graph); });
  return CUDA_SUCCESS;
}

CUresult stream_get_capture_info_data(CUstream, CUstreamCaptureStatus* status, cuuint64_t* id, CUgraph* graph,
                                      const CUgraphNode** nodes, const CUgraphEdgeData** edges, std::size_t* count) {
  FAKE_ENTER("cuStreamGetCaptureInfo");
  FakeState& state = fake_state();
  *status = state.capture_status;
  if (state.capture_status != CU_STREAM_CAPTURE_STATUS_ACTIVE) return CUDA_SUCCESS;
  *id = 1;
  *graph = state.capture_nodes.empty() ? nullptr : state.capture_nodes.front()->owner;
  *nodes = state.capture_nodes.data();
  if (edges != nullptr) *edges = state.capture_edges.data();
  *count = state.capture_nodes.size();
  return CUDA_SUCCESS;
}

CUresult stream_get_capture_info(CUstream stream, CUstreamCaptureStatus* status, cuuint64_t* id, CUgraph* graph,
                                 const CUgraphNode** nodes, std::size_t* count) {
  const auto& edges = fake_state().capture_edges;
  if (std::any_of(edges.begin(), edges.end(), [](const CUgraphEdgeData& data) { return data.type != 0; })) {
    return CUDA_ERROR_LOSSY_QUERY;
  }
  return stream_get_capture_info_data(stream, status, id, graph, nodes, nullptr, count);
}

}  // namespace

const std::vector<FakeFunction>& fake_graph_functions() {
  static const std::vector<FakeFunction> functions{
      entry("cuGraphCreate", 10000, graph_create),
      entry("cuGraphDestroy", 10000, graph_destroy),
      entry("cuGraphGetNodes", 10000, graph_get_nodes),
      entry("cuGraphGetEdges", 10000, graph_get_edges),
      entry("cuGraphGetEdges", 12030, graph_get_edges_data),
      entry("cuGraphAddDependencies", 10000, graph_add_dependencies),
      entry("cuGraphAddDependencies", 12030, graph_add_dependencies_data),
      entry("cuGraphInstantiateWithFlags", 11040, graph_instantiate),
      entry("cuGraphExecDestroy", 10000, graph_exec_destroy),
      entry("cuGraphUpload", 11010, graph_upload),
      entry("cuGraphLaunch", 10000, graph_launch),
      entry("cuStreamGetCaptureInfo", 11030, stream_get_capture_info),
      entry("cuStreamGetCaptureInfo", 12030, stream_get_capture_info_data),
  };
  return functions;
}
