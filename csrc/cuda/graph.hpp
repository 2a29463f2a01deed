#pragma once
// Owners of CUDA graphs and the few operations on them that the engine needs.

#include <cuda.h>

#include <cstddef>
#include <vector>

namespace clear_native::cuda {

struct Edge {
  CUgraphNode from = nullptr;
  CUgraphNode to = nullptr;
  CUgraphEdgeData data{};  // not zero: a programmatic dependency
};

/// A graph of our own.
class Graph {
 public:
  Graph();
  ~Graph();
  Graph(Graph&& other) noexcept;
  Graph& operator=(Graph&& other) noexcept;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  [[nodiscard]] CUgraph handle() const noexcept { return handle_; }

 private:
  CUgraph handle_ = nullptr;
};

/// An instantiated graph.
class GraphExec {
 public:
  GraphExec() = default;
  /// The graph's context must be current.
  explicit GraphExec(CUgraph graph);
  ~GraphExec();
  GraphExec(GraphExec&& other) noexcept;
  GraphExec& operator=(GraphExec&& other) noexcept;
  GraphExec(const GraphExec&) = delete;
  GraphExec& operator=(const GraphExec&) = delete;

  [[nodiscard]] CUgraphExec handle() const noexcept { return handle_; }

 private:
  CUgraphExec handle_ = nullptr;
};

/// In no promised order.
std::vector<CUgraphNode> nodes_of(CUgraph graph);
std::vector<Edge> edges_of(CUgraph graph);

/// Adds all edges, with their data. No pair of nodes may come twice.
void add_edges(CUgraph graph, const std::vector<Edge>& edges);

/// `after` null: a root. Kernel of one block of one thread; `arguments` as cuLaunchKernel takes them.
CUgraphNode add_kernel(CUgraph graph, CUgraphNode after, CUfunction function, void** arguments);
/// The child is copied.
CUgraphNode add_child(CUgraph graph, CUgraphNode after, CUgraph child);

}  // namespace clear_native::cuda
