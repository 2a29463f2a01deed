#pragma once
// A part of a model graph that can be replayed by itself.

#include <cuda.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "graph.hpp"
#include "model_graph.hpp"

namespace clear_native::cuda {

/// Copies of some nodes. Edges between kept nodes keep their data (programmatic ones too); a node whose dependency was
/// left out depends on that one's nearest kept ancestors, so nothing runs earlier relative to the others than it did in
/// the model, and branches stay branches.
class Subgraph {
 public:
  /// `nodes` are indices into model->nodes(), in any order. Throws Error(bad_input): none, twice the same, out of
  /// range.
  static std::shared_ptr<const Subgraph> create(std::shared_ptr<const ModelGraph> model,
                                                std::vector<std::size_t> nodes);

  /// A graph of these nodes alone.
  [[nodiscard]] CUgraph handle() const noexcept { return graph_.handle(); }
  /// Adds the nodes to `graph`, after `after` (null: after nothing); what comes next follows the node returned. They go
  /// in one by one, since the border of a child graph takes the device some 0.6 us where kernels are no longer than
  /// that, which the model has not; what ends in several nodes goes in as a child graph.
  CUgraphNode append_to(CUgraph graph, CUgraphNode after) const;
  [[nodiscard]] const std::shared_ptr<const ModelGraph>& model() const noexcept { return model_; }
  /// Ascending: in the model's order.
  [[nodiscard]] const std::vector<std::size_t>& nodes() const noexcept { return nodes_; }
  /// Nodes at all depths of child graphs: what a launch costs.
  [[nodiscard]] std::size_t inner_nodes() const noexcept { return inner_nodes_; }
  [[nodiscard]] bool allowed_in_loop() const noexcept { return allowed_in_loop_; }

 private:
  /// Between two of its nodes, by their places in `nodes_`.
  struct InnerEdge {
    std::size_t from = 0;
    std::size_t to = 0;
    CUgraphEdgeData data{};
  };

  Subgraph(std::shared_ptr<const ModelGraph> model, std::vector<std::size_t> nodes);

  /// In the order of `nodes_`.
  std::vector<CUgraphNode> copy_into(CUgraph graph) const;

  std::shared_ptr<const ModelGraph> model_;
  std::vector<std::size_t> nodes_;
  std::vector<InnerEdge> edges_;
  std::vector<std::size_t> first_;  // places of those that wait for none
  std::vector<std::size_t> last_;   // ... and that none waits for
  Graph graph_;
  std::size_t inner_nodes_ = 0;
  bool allowed_in_loop_ = true;
};

}  // namespace clear_native::cuda
