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

  [[nodiscard]] CUgraph handle() const noexcept { return graph_.handle(); }
  [[nodiscard]] const std::shared_ptr<const ModelGraph>& model() const noexcept { return model_; }
  /// Ascending: in the model's order.
  [[nodiscard]] const std::vector<std::size_t>& nodes() const noexcept { return nodes_; }
  /// Nodes at all depths of child graphs: what a launch costs.
  [[nodiscard]] std::size_t inner_nodes() const noexcept { return inner_nodes_; }
  [[nodiscard]] bool allowed_in_loop() const noexcept { return allowed_in_loop_; }

 private:
  Subgraph(std::shared_ptr<const ModelGraph> model, std::vector<std::size_t> nodes);

  std::shared_ptr<const ModelGraph> model_;
  std::vector<std::size_t> nodes_;
  Graph graph_;
  std::size_t inner_nodes_ = 0;
  bool allowed_in_loop_ = true;
};

}  // namespace clear_native::cuda
