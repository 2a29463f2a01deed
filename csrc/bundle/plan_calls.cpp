#include "plan_calls.hpp"

#include <map>
#include <numeric>
#include <utility>

namespace clear_native::bundle {

PlanCalls::PlanCalls(const Manifest& manifest, const Plan& plan)
    : own_nodes_(manifest.calls.size()), ending_at_(plan.nodes.size() + 1) {
  for (const ModuleCall& call : manifest.calls) {
    component_of_call_.push_back(call.component);
    kinds_.push_back(call.kind);
  }
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    call_of_node_.push_back(plan.nodes[node].call);
    own_nodes_[plan.nodes[node].call].push_back(node);
  }
  // A call without work of its own ends where the one before it does; the model ends last.
  std::size_t end = 0;
  for (std::size_t call = 1; call < size(); ++call) {
    if (!own_nodes_[call].empty()) end = own_nodes_[call].back() + 1;
    ending_at_[end].push_back(call);
  }
  if (size() > 0) ending_at_.back().push_back(0);
}

std::vector<std::size_t> PlanCalls::calls_with_work(std::size_t component) const {
  std::vector<std::size_t> calls;
  for (std::size_t call = 0; call < size(); ++call) {
    if (component_of_call_[call] == component && !own_nodes_[call].empty()) calls.push_back(call);
  }
  return calls;
}

Pass PlanCalls::preserved() const {
  Stretch all{.nodes = std::vector<std::size_t>(call_of_node_.size()), .kept = true};
  std::iota(all.nodes.begin(), all.nodes.end(), std::size_t{0});
  return {std::move(all)};
}

Pass PlanCalls::plain() const {
  Pass pass = preserved();
  pass.front().kept = false;
  return pass;
}

Pass PlanCalls::partition(std::size_t component) const {
  Pass pass;
  for (const std::size_t call : calls_with_work(component)) pass.push_back(dropped(call));
  return pass;
}

Pass PlanCalls::repeated(std::size_t component) const {
  std::vector<std::size_t> order;  // of kinds, by their first call
  std::map<std::size_t, std::vector<std::size_t>> alike;
  for (const std::size_t call : calls_with_work(component)) {
    auto& kind = alike[kinds_[call]];
    if (kind.empty()) order.push_back(kinds_[call]);
    kind.push_back(call);
  }
  Pass pass;
  for (const std::size_t number : order) {
    const auto& kind = alike[number];
    pass.insert(pass.end(), kind.size(), dropped(kind[kind.size() / 2]));
  }
  return pass;
}

Pass PlanCalls::dosed(const Doses& doses, const std::vector<CallAgain>& second) const {
  std::map<std::size_t, std::vector<std::size_t>> more_after;
  for (std::size_t call = 0; call < size(); ++call) {
    if (doses[call] == 1) more_after[second[call].after].push_back(second[call].call);
  }
  Pass pass;
  Stretch own;
  const auto add_ending_at = [&](std::size_t node) {
    for (const std::size_t ended : ending_at_[node]) {
      for (const std::size_t call : more_after[ended]) {
        if (own_nodes_[call].empty()) continue;
        if (!own.nodes.empty()) pass.push_back(std::exchange(own, Stretch{}));
        pass.push_back(dropped(call));
      }
    }
  };
  for (std::size_t node = 0; node < call_of_node_.size(); ++node) {
    add_ending_at(node);
    if (doses[call_of_node_[node]] != -1) own.nodes.push_back(node);
  }
  if (!own.nodes.empty()) pass.push_back(std::exchange(own, Stretch{}));
  add_ending_at(call_of_node_.size());
  return pass;
}

}  // namespace clear_native::bundle
