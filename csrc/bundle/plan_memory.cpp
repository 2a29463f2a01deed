#include "plan_memory.hpp"

#include <map>
#include <set>

namespace clear_native::bundle {
namespace {

std::size_t component_of(const Manifest& manifest, const Node& node) {
  return manifest.calls[node.call].component;
}

/// The node that last reads or defines each value; absent: it is given and never read, or is an output.
std::map<std::size_t, std::size_t> last_uses(const Plan& plan) {
  std::map<std::size_t, std::size_t> last;
  std::set<std::size_t> defined;
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    for (const std::size_t id : values_read(plan.nodes[node])) {
      if (defined.contains(id)) last[id] = node;
    }
    for (const std::size_t id : values_defined(plan.nodes[node])) {
      defined.insert(id);
      last[id] = node;
    }
  }
  for (const PlanOutput& output : plan.outputs) last.erase(output.value);
  return last;
}

/// Which node made each memory.
class Makers {
 public:
  Makers(const Plan& plan, const MemoryOfValues& memory) : memory_(memory) {
    std::set<std::size_t> given;
    for (const auto* list : {&plan.inputs, &plan.constants}) {
      for (const GivenValue& one : *list) {
        if (const auto& number = memory[one.value]) given.insert(*number);
      }
    }
    for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
      for (const std::size_t id : values_defined(plan.nodes[node])) {
        if (const auto& number = memory[id]; number && !given.contains(*number)) nodes_.emplace(*number, node);
      }
    }
  }

  /// Of the memory of a value; absent: it has none, or that was there before the forward.
  [[nodiscard]] std::optional<std::size_t> node_of(std::size_t value) const {
    const auto& number = memory_[value];
    const auto found = number ? nodes_.find(*number) : nodes_.end();
    return found == nodes_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  const MemoryOfValues& memory_;
  std::map<std::size_t, std::size_t> nodes_;
};

/// Nodes that make what another stretch uses, or what is there after the forward.
std::set<std::size_t> makers_of_crossing(const Plan& plan, const Makers& makers,
                                         const std::vector<std::size_t>& stretch) {
  std::set<std::size_t> found;
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    for (const std::size_t id : values_read(plan.nodes[node])) {
      const auto maker = makers.node_of(id);
      if (maker && stretch[*maker] != stretch[node]) found.insert(*maker);
    }
  }
  for (const PlanOutput& output : plan.outputs) {
    if (const auto maker = makers.node_of(output.value)) found.insert(*maker);
  }
  return found;
}

}  // namespace

std::vector<std::size_t> stretch_of_nodes(const Manifest& manifest, const Plan& plan) {
  std::vector<std::size_t> numbers;
  std::size_t number = 0;
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    const bool goes_on =
        node == 0 || component_of(manifest, plan.nodes[node]) == component_of(manifest, plan.nodes[node - 1]);
    if (!goes_on) ++number;
    numbers.push_back(number);
  }
  return numbers;
}

CaptureRequest as_the_model(const Plan& plan) {
  CaptureRequest request{.freed = std::vector<std::vector<std::size_t>>(plan.nodes.size())};
  for (const auto& [id, node] : last_uses(plan)) request.freed[node].push_back(id);
  return request;
}

CaptureRequest keeping_all(const Plan& plan) {
  return {.keeps = true, .freed = std::vector<std::vector<std::size_t>>(plan.nodes.size())};
}

CaptureRequest keeping_what_crosses(const Manifest& manifest, const Plan& plan, const MemoryOfValues& memory) {
  const Makers makers(plan, memory);
  CaptureRequest request = keeping_all(plan);
  request.scratch.assign(plan.nodes.size(), true);  // what makes no memory of its own may still take some inside itself
  for (const std::size_t node : makers_of_crossing(plan, makers, stretch_of_nodes(manifest, plan))) {
    request.scratch[node] = false;
  }
  for (const auto& [id, node] : last_uses(plan)) {
    const auto maker = makers.node_of(id);
    if (maker && request.scratch[*maker]) request.freed[node].push_back(id);
  }
  return request;
}

std::size_t bytes_of_weights(const Plan& plan, const std::vector<std::size_t>& bytes_of_constants) {
  std::set<std::size_t> read_whole;
  for (const Node& node : plan.nodes) {
    if (node.op == "aten::embedding" || node.op.starts_with("aten::_embedding_bag")) continue;
    for (const std::size_t id : values_read(node)) read_whole.insert(id);
  }
  std::map<std::string, std::size_t> bytes_of_tensor;  // tied weights are one
  for (std::size_t i = 0; i < plan.constants.size(); ++i) {
    if (read_whole.contains(plan.constants[i].value)) bytes_of_tensor[plan.constants[i].tensor] = bytes_of_constants[i];
  }
  std::size_t bytes = 0;
  for (const auto& [tensor, its_bytes] : bytes_of_tensor) bytes += its_bytes;
  return bytes;
}

std::vector<Mutation> mutations(const Manifest& manifest, const Plan& plan,
                                const std::vector<std::vector<std::size_t>>& written_values,
                                const MemoryOfValues& memory) {
  const Makers makers(plan, memory);
  std::vector<Mutation> found;
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    for (const std::size_t id : written_values[node]) {
      Mutation mutation{.node = node, .writer = component_of(manifest, plan.nodes[node]), .owner = {}};
      if (const auto maker = makers.node_of(id)) mutation.owner = component_of(manifest, plan.nodes[*maker]);
      if (mutation.owner != mutation.writer) found.push_back(mutation);
    }
  }
  return found;
}

}  // namespace clear_native::bundle
