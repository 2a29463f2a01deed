#pragma once
// The captured graph of one whole forward: its nodes in a fixed order, and the module call that each belongs to.

#include <cuda.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "context.hpp"
#include "graph.hpp"
#include "node_info.hpp"
#include "topological_order.hpp"

namespace clear_native::cuda {

/// One module call: capture_frontier() at its entry and at its exit.
struct Span {
  std::string label;
  std::optional<std::size_t> parent;  // index of an earlier span
  std::vector<std::uintptr_t> entry;
  std::vector<std::uintptr_t> exit;
};

/// A maximal run of nodes of one span in the order of ModelGraph::nodes(): [begin, end).
struct Segment {
  std::optional<std::size_t> span;
  std::size_t begin = 0;
  std::size_t end = 0;
};

class ModelGraph {
 public:
  /// Borrows `graph` (CUgraph): it must outlive this object and everything made from it.
  /// Throws Error(bad_input) for spans that do not fit the graph, Error(capture_failed) for a graph that cannot be
  /// replayed.
  static std::shared_ptr<const ModelGraph> create(std::shared_ptr<const PrimaryContext> context, std::uintptr_t graph,
                                                  std::vector<Span> spans, std::size_t max_nodes = 200'000);

  /// In an order of execution that depends on the graph alone.
  [[nodiscard]] const std::vector<NodeInfo>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] const std::vector<Span>& spans() const noexcept { return spans_; }
  [[nodiscard]] const std::vector<Segment>& segments() const noexcept { return segments_; }
  [[nodiscard]] std::size_t edge_count() const noexcept { return edge_count_; }
  [[nodiscard]] std::size_t programmatic_edge_count() const noexcept { return programmatic_edge_count_; }

  [[nodiscard]] const std::shared_ptr<const PrimaryContext>& context() const noexcept { return context_; }
  [[nodiscard]] CUgraphNode handle(std::size_t node) const { return handles_.at(node); }

  struct Dependency {
    std::size_t on = 0;
    CUgraphEdgeData data{};
  };
  /// What a node depends on, with the edges' data.
  [[nodiscard]] const std::vector<Dependency>& dependencies(std::size_t node) const { return dependencies_.at(node); }

 private:
  ModelGraph(std::shared_ptr<const PrimaryContext> context, std::vector<Span> spans);
  std::vector<std::string> read_nodes(CUgraph graph, std::size_t max_nodes);
  Dag read_edges(CUgraph graph);
  Dag reorder(const Dag& dag, std::vector<std::string>& refusals);
  void assign_spans(const Dag& dag);
  void refuse(const std::vector<std::string>& refusals) const;
  void find_segments();

  std::shared_ptr<const PrimaryContext> context_;
  std::vector<Span> spans_;
  std::vector<CUgraphNode> handles_;
  std::vector<std::vector<Dependency>> dependencies_;
  std::vector<NodeInfo> nodes_;
  std::vector<Segment> segments_;
  std::size_t edge_count_ = 0;
  std::size_t programmatic_edge_count_ = 0;
};

}  // namespace clear_native::cuda
