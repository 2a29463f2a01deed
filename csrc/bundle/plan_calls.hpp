#pragma once
// The module calls of a plan: their own operators, and where they end.

#include <cstddef>
#include <vector>

#include "core/weighing/second_runs.hpp"
#include "core/weighing/weighing_design.hpp"
#include "manifest.hpp"
#include "node_runner.hpp"
#include "plan.hpp"

namespace clear_native::bundle {

class PlanCalls {
 public:
  PlanCalls(const Manifest& manifest, const Plan& plan);

  [[nodiscard]] std::size_t size() const { return own_nodes_.size(); }
  /// Nodes of this call that are in no call inside it, in order.
  [[nodiscard]] const std::vector<std::size_t>& own_nodes(std::size_t call) const { return own_nodes_[call]; }
  [[nodiscard]] const std::vector<std::size_t>& kinds() const { return kinds_; }
  /// Calls of a component that have nodes of their own, in order.
  [[nodiscard]] std::vector<std::size_t> calls_with_work(std::size_t component) const;

  /// Values freed as early as possible, as the model itself does.
  [[nodiscard]] Pass plain() const;
  /// Every value kept.
  [[nodiscard]] Pass preserved() const;
  /// All calls of a component, in order, on kept values.
  [[nodiscard]] Pass partition(std::size_t component) const;
  /// One call of each kind of a component, as often in a row as the model makes calls of that kind.
  [[nodiscard]] Pass repeated(std::size_t component) const;
  /// With doses of one pass, by call: a skipped call's nodes do not run and its values stay what they were; of a
  /// doubled one, the second run's nodes run on kept values and what they give is dropped.
  [[nodiscard]] Pass dosed(const Doses& doses, const std::vector<CallAgain>& second) const;

 private:
  [[nodiscard]] Stretch dropped(std::size_t call) const { return {.nodes = own_nodes_[call], .kept = false}; }

  std::vector<std::size_t> call_of_node_;
  std::vector<std::size_t> component_of_call_;
  std::vector<std::size_t> kinds_;
  std::vector<std::vector<std::size_t>> own_nodes_;
  std::vector<std::vector<std::size_t>> ending_at_;  // calls whose work is done before this node; one more for the end
};

}  // namespace clear_native::bundle
