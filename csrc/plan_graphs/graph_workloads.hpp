#pragma once
// Parts of a model graph as workloads.

#include <cstdint>

#include "bundle/plan_engine.hpp"
#include "cuda/replay_graph.hpp"

namespace clear_native::plan_graphs {

/// The parts in order as one pass, in the shape and with the passes per launch that measure best.
bundle::MadeWorkload calibrated_replay(std::uintptr_t stream, cuda::Parts parts);

/// A chain of so many passes per launch.
bundle::MadeWorkload chained_replay(std::uintptr_t stream, cuda::Parts parts, int passes_per_launch);

/// Seconds of a pass over the parts, timed.
double time_per_pass_of(std::uintptr_t stream, cuda::Parts parts);

}  // namespace clear_native::plan_graphs
