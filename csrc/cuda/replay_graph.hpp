#pragma once
// One instantiated graph that holds the passes of a launch and the odometer between them.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/windows/calibrate.hpp"
#include "graph.hpp"
#include "odometer.hpp"
#include "pass_plan.hpp"
#include "subgraph.hpp"

namespace clear_native::cuda {

using Parts = std::vector<std::shared_ptr<const Subgraph>>;

/// The passes of a launch: `turns` times `passes` of them, one after another. A chain has one turn.
struct LaunchShape {
  ReplayShape shape = ReplayShape::chain;
  int passes = 1;
  int turns = 1;

  [[nodiscard]] int passes_per_launch() const noexcept { return passes * turns; }
};

/// Nodes that one pass takes in a graph, at all depths, marks not counted.
std::size_t nodes_per_pass(const Parts& parts);

/// K passes in a shape, under a cap on nodes: a chain takes fewer passes than asked for, a loop more turns.
/// `time_per_pass_s` 0: not known.
LaunchShape shape_of_launch(ReplayShape shape, int passes_per_launch, const Parts& parts, double time_per_pass_s,
                            std::size_t max_nodes);

struct ReplayGraph {
  GraphExec exec;
  std::size_t nodes = 0;  // at all depths; of a loop: those of one turn
};

/// Builds and instantiates. `pass_s` (0: not known) tells how often a loop of short turns writes to the host.
/// The parts' context must be current.
ReplayGraph build_replay(const Parts& parts, const PassPlan& plan, const LaunchShape& launch, const Odometer& odometer,
                         double pass_s, double mark_interval_s);

}  // namespace clear_native::cuda
