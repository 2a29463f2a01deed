#include "replay_graph.hpp"

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "driver.hpp"

namespace clear_native::cuda {
namespace {

constexpr int kUnrolledPasses = 16;       // in the body of a loop, at least, where the launch has as many
constexpr double kShortestTurn_s = 5e-4;  // a turn costs about 5 us
constexpr double kLookAtStop_s = 5e-3;

/// Appends passes and marks to a graph, each after the one before.
class PassWriter {
 public:
  PassWriter(const Parts& parts, const PassPlan& plan, const Odometer& odometer)
      : plan_(plan), state_(odometer.state()), cell_(odometer.cell()), mark_(odometer.kernels().odometer) {
    for (const Piece& piece : plan.pieces) {
      const std::shared_ptr<const Subgraph>& part = parts[piece.part];
      const std::vector<std::size_t>& nodes = part->nodes();
      const bool whole = piece.begin == 0 && piece.end == nodes.size();
      graphs_.push_back(
          whole ? part
                : Subgraph::create(part->model(), {nodes.begin() + static_cast<std::ptrdiff_t>(piece.begin),
                                                   nodes.begin() + static_cast<std::ptrdiff_t>(piece.end)}));
    }
  }

  /// Writes passes into `graph`. The counts since the last mark are returned, not marked: the caller counts them.
  std::uint64_t write(CUgraph graph, int passes) {
    std::uint64_t unmarked = 0;
    for (int pass = 0; pass < passes; ++pass) {
      for (std::size_t i = 0; i < graphs_.size(); ++i) {
        last_ = graphs_[i]->append_to(graph, last_);
        nodes_ += graphs_[i]->inner_nodes();
        if (!plan_.pieces[i].mark_after) continue;
        ++unmarked;
        const bool last = pass + 1 == passes && i + 1 == graphs_.size();
        if (last || unmarked < static_cast<std::uint64_t>(plan_.passes_per_mark)) continue;
        mark(graph, unmarked);
        unmarked = 0;
      }
    }
    return unmarked;
  }

  void mark(CUgraph graph, std::uint64_t increment) {
    void* arguments[] = {&state_, &cell_, &increment};
    last_ = add_kernel(graph, last_, mark_, arguments);
    ++nodes_;
  }

  [[nodiscard]] CUgraphNode last() const noexcept { return last_; }
  [[nodiscard]] std::size_t nodes() const noexcept { return nodes_; }

 private:
  const PassPlan& plan_;
  CUdeviceptr state_;
  CUdeviceptr cell_;
  CUfunction mark_;
  std::vector<std::shared_ptr<const Subgraph>> graphs_;
  CUgraphNode last_ = nullptr;
  std::size_t nodes_ = 0;
};

/// How many turns fit in a time; 1 where a turn's time is not known.
std::uint64_t turns_in(double time_s, double turn_s) {
  return turn_s > 0 ? std::max<std::uint64_t>(1, static_cast<std::uint64_t>(time_s / turn_s)) : 1;
}

struct While {
  CUgraph body = nullptr;
  CUgraphConditionalHandle handle = 0;
};

While add_while(CUgraph graph, CUgraphNode after, CUcontext context) {
  While loop;
  check(driver().GraphConditionalHandleCreate(&loop.handle, graph, context, 1, CU_GRAPH_COND_ASSIGN_DEFAULT),
        "creating a loop's condition");
  CUgraphNodeParams parameters{};
  parameters.type = CU_GRAPH_NODE_TYPE_CONDITIONAL;
  parameters.conditional.handle = loop.handle;
  parameters.conditional.type = CU_GRAPH_COND_TYPE_WHILE;
  parameters.conditional.size = 1;
  parameters.conditional.ctx = context;
  CUgraphNode node = nullptr;
  check(driver().GraphAddNode(&node, graph, &after, nullptr, 1, &parameters), "adding a loop to a replay");
  loop.body = parameters.conditional.phGraph_out[0];
  return loop;
}

ReplayGraph build_chain(PassWriter writer, const LaunchShape& launch) {
  const Graph graph;
  const std::uint64_t unmarked = writer.write(graph.handle(), launch.passes);
  writer.mark(graph.handle(), unmarked);
  return ReplayGraph{GraphExec(graph.handle()), writer.nodes()};
}

ReplayGraph build_loop(PassWriter writer, const LaunchShape& launch, const Odometer& odometer, CUcontext context,
                       double pass_s, double mark_interval_s) {
  const double turn_s = pass_s * launch.passes;
  LoopParameters parameters{};
  parameters.turns = static_cast<std::uint64_t>(launch.turns);
  parameters.publish_every = turns_in(mark_interval_s, turn_s);
  parameters.look_every = turns_in(kLookAtStop_s, turn_s);
  CUdeviceptr state = odometer.state();
  CUdeviceptr cell = odometer.cell();
  const Graph graph;
  void* reset_arguments[] = {&state, &cell, &parameters};
  CUgraphNode reset = add_kernel(graph.handle(), nullptr, odometer.kernels().reset_turns, reset_arguments);
  While loop = add_while(graph.handle(), reset, context);
  parameters.count_per_turn = writer.write(loop.body, launch.passes);
  void* condition_arguments[] = {&state, &cell, &parameters, &loop.handle};
  add_kernel(loop.body, writer.last(), odometer.kernels().while_condition, condition_arguments);
  return ReplayGraph{GraphExec(graph.handle()), writer.nodes() + 3};
}

}  // namespace

std::size_t nodes_per_pass(const Parts& parts) {
  std::size_t nodes = 0;
  for (const auto& part : parts) nodes += part->inner_nodes();
  return nodes;
}

LaunchShape shape_of_launch(ReplayShape shape, int passes_per_launch, const Parts& parts, double time_per_pass_s,
                            std::size_t max_nodes) {
  // Half a node for each part: marks, and the borders of those that go in as child graphs.
  const std::size_t nodes = nodes_per_pass(parts) + parts.size() / 2 + 1;
  const int most = static_cast<int>(std::clamp<std::size_t>(max_nodes / nodes, 1, 1U << 20U));
  if (shape == ReplayShape::chain) return LaunchShape{shape, std::min(passes_per_launch, most), 1};
  int wanted = kUnrolledPasses;
  if (time_per_pass_s > 0) {
    wanted = std::max(wanted, static_cast<int>(std::min(std::ceil(kShortestTurn_s / time_per_pass_s), 1e6)));
  }
  const int body = std::clamp(wanted, 1, std::min(passes_per_launch, most));
  // As many turns as that body needs, then the smallest body that does it in so many.
  const int turns = (passes_per_launch + body - 1) / body;
  return LaunchShape{shape, (passes_per_launch + turns - 1) / turns, turns};
}

ReplayGraph build_replay(const Parts& parts, const PassPlan& plan, const LaunchShape& launch, const Odometer& odometer,
                         double pass_s, double mark_interval_s) {
  PassWriter writer(parts, plan, odometer);
  if (launch.shape == ReplayShape::chain) return build_chain(std::move(writer), launch);
  const CUcontext context = parts.front()->model()->context()->handle();
  return build_loop(std::move(writer), launch, odometer, context, pass_s, mark_interval_s);
}

}  // namespace clear_native::cuda
