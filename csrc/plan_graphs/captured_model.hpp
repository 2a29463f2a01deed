#pragma once
// A plan captured as a model graph, and the component of each of its nodes.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bundle/graph_capturer.hpp"
#include "bundle/manifest.hpp"
#include "bundle/plan.hpp"
#include "cuda/model_graph.hpp"
#include "cuda/subgraph.hpp"

namespace clear_native::plan_graphs {

struct CapturedModel {
  std::unique_ptr<bundle::CapturedForward> forward;
  std::shared_ptr<const cuda::ModelGraph> graph;  // of the forward, which it borrows
  std::vector<std::size_t> call_of_span;          // of the manifest

  /// Of a node of the graph; work in no module call is the model's own.
  [[nodiscard]] std::size_t component_of_node(const bundle::Manifest& manifest, std::size_t node) const;
  [[nodiscard]] std::shared_ptr<const cuda::Subgraph> whole() const;
};

/// With the frontier noted where each module call is entered and left, also around calls inside it, and run once.
/// Throws what GraphCapturer::capture and ModelGraph::create throw.
CapturedModel captured_model(bundle::GraphCapturer& capturer,
                             const std::shared_ptr<const cuda::PrimaryContext>& context,
                             const bundle::Manifest& manifest, const bundle::Plan& plan,
                             const bundle::CaptureRequest& request);

}  // namespace clear_native::plan_graphs
