#pragma once
// The calls of a model graph that can be dosed: stretches of nodes of one component.

#include <cstddef>
#include <optional>
#include <vector>

#include "captured_model.hpp"
#include "cuda/replay_graph.hpp"

namespace clear_native::plan_graphs {

/// Nodes [begin, end) of a model graph.
struct ComponentCall {
  std::size_t component = 0;  // of the manifest
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Neighbouring segments of one component make one call: between them its data may lie in memory that others use too.
std::vector<ComponentCall> component_calls(const CapturedModel& model, const bundle::Manifest& manifest);

/// Equal for calls of one component that launch the same kernels in the same shapes, numbered as they come.
std::vector<std::size_t> kinds_of(const std::vector<ComponentCall>& calls, const std::vector<cuda::NodeInfo>& nodes);

/// Components that have nodes, in the order of their first call, the model's own work last.
std::vector<std::size_t> components_in_order(const std::vector<ComponentCall>& calls, const bundle::Manifest& manifest);

std::shared_ptr<const cuda::Subgraph> part_of(const CapturedModel& model, const ComponentCall& call);
/// All nodes of a component.
std::shared_ptr<const cuda::Subgraph> part_of(const CapturedModel& model, const std::vector<ComponentCall>& calls,
                                              std::size_t component);
/// One call of each kind of a component, as often in a row as there are such calls.
cuda::Parts repeated_calls(const CapturedModel& model, const std::vector<ComponentCall>& calls,
                           const std::vector<std::size_t>& kinds, std::size_t component);

}  // namespace clear_native::plan_graphs
