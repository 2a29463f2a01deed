#pragma once
// The engine of graph execution: the plan is captured once plainly and once with its buffers kept, and replayed.

#include <memory>

#include "bundle/plan_engine.hpp"

namespace clear_native::plan_graphs {

/// Runs the model eagerly to warm up, and captures it. Takes `loaded` over, but leaves it as it was where it throws:
/// Error(capture_failed) that names operator and module, so that eager execution can have it.
std::unique_ptr<bundle::PlanEngine> make_graph_engine(bundle::LoadedBundle& loaded);

}  // namespace clear_native::plan_graphs
