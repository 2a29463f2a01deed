#include "graph.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "driver.hpp"

namespace clear_native::cuda {

Graph::Graph() {
  check(driver().GraphCreate(&handle_, 0), "creating a graph");
}

Graph::~Graph() {
  if (handle_ != nullptr) driver().GraphDestroy(handle_);
}

Graph::Graph(Graph&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Graph& Graph::operator=(Graph&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

GraphExec::GraphExec(CUgraph graph) {
  check(driver().GraphInstantiate(&handle_, graph, 0), "instantiating a graph");
}

GraphExec::~GraphExec() {
  if (handle_ != nullptr) driver().GraphExecDestroy(handle_);
}

GraphExec::GraphExec(GraphExec&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

GraphExec& GraphExec::operator=(GraphExec&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

std::vector<CUgraphNode> nodes_of(CUgraph graph) {
  std::size_t count = 0;
  check(driver().GraphGetNodes(graph, nullptr, &count), "counting a graph's nodes");
  std::vector<CUgraphNode> nodes(count);
  if (count > 0) check(driver().GraphGetNodes(graph, nodes.data(), &count), "listing a graph's nodes");
  nodes.resize(std::min(count, nodes.size()));
  return nodes;
}

std::vector<Edge> edges_of(CUgraph graph) {
  const char* what = "listing a graph's edges";
  const bool with_data = driver().GraphGetEdgesData != nullptr;
  if (!with_data && driver().GraphGetEdges == nullptr) {
    throw Error(ErrorKind::no_driver, "This CUDA driver has no cuGraphGetEdges. Update the NVIDIA driver.");
  }
  std::size_t count = 0;
  check(with_data ? driver().GraphGetEdgesData(graph, nullptr, nullptr, nullptr, &count)
                  : driver().GraphGetEdges(graph, nullptr, nullptr, &count),
        what);
  std::vector<CUgraphNode> from(count);
  std::vector<CUgraphNode> to(count);
  std::vector<CUgraphEdgeData> data(count);
  if (count > 0) {
    check(with_data ? driver().GraphGetEdgesData(graph, from.data(), to.data(), data.data(), &count)
                    : driver().GraphGetEdges(graph, from.data(), to.data(), &count),
          what);
  }
  std::vector<Edge> edges(std::min(count, from.size()));
  for (std::size_t i = 0; i < edges.size(); ++i) edges[i] = Edge{from[i], to[i], data[i]};
  return edges;
}

void add_edges(CUgraph graph, const std::vector<Edge>& edges) {
  if (edges.empty()) return;
  std::vector<CUgraphNode> from;
  std::vector<CUgraphNode> to;
  std::vector<CUgraphEdgeData> data;
  for (const Edge& edge : edges) {
    from.push_back(edge.from);
    to.push_back(edge.to);
    data.push_back(edge.data);
  }
  const char* what = "adding edges to a graph";
  if (driver().GraphAddDependenciesData != nullptr) {
    check(driver().GraphAddDependenciesData(graph, from.data(), to.data(), data.data(), edges.size()), what);
  } else if (driver().GraphAddDependencies != nullptr) {
    check(driver().GraphAddDependencies(graph, from.data(), to.data(), edges.size()), what);
  } else {
    throw Error(ErrorKind::no_driver, "This CUDA driver has no cuGraphAddDependencies. Update the NVIDIA driver.");
  }
}

CUgraphNode add_kernel(CUgraph graph, CUgraphNode after, CUfunction function, void** arguments) {
  CUDA_KERNEL_NODE_PARAMS_v2 parameters{};
  parameters.func = function;
  parameters.gridDimX = parameters.gridDimY = parameters.gridDimZ = 1;
  parameters.blockDimX = parameters.blockDimY = parameters.blockDimZ = 1;
  parameters.kernelParams = arguments;
  CUgraphNode node = nullptr;
  check(driver().GraphAddKernelNode(&node, graph, &after, after == nullptr ? 0 : 1, &parameters),
        "adding an engine kernel to a graph");
  return node;
}

CUgraphNode add_child(CUgraph graph, CUgraphNode after, CUgraph child) {
  CUgraphNode node = nullptr;
  check(driver().GraphAddChildGraphNode(&node, graph, &after, after == nullptr ? 0 : 1, child),
        "adding a child graph to a replay");
  return node;
}

}  // namespace clear_native::cuda
