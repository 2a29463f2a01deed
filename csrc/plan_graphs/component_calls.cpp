#include "component_calls.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>

namespace clear_native::plan_graphs {
namespace {

using Launch = std::tuple<cuda::NodeType, std::string, std::array<unsigned, 6>>;

Launch launch_of(const cuda::NodeInfo& node) {
  const auto& [grid, block] = std::tie(node.grid, node.block);
  return {node.type, node.kernel_name, {grid.x, grid.y, grid.z, block.x, block.y, block.z}};
}

std::vector<std::size_t> nodes_of(const ComponentCall& call) {
  std::vector<std::size_t> nodes(call.end - call.begin);
  std::iota(nodes.begin(), nodes.end(), call.begin);
  return nodes;
}

}  // namespace

std::vector<ComponentCall> component_calls(const CapturedModel& model, const bundle::Manifest& manifest) {
  std::vector<ComponentCall> calls;
  for (const cuda::Segment& segment : model.graph->segments()) {
    const std::size_t component = model.component_of_node(manifest, segment.begin);
    const bool goes_on = !calls.empty() && calls.back().component == component && calls.back().end == segment.begin;
    if (goes_on) {
      calls.back().end = segment.end;
    } else {
      calls.push_back({component, segment.begin, segment.end});
    }
  }
  return calls;
}

std::vector<std::size_t> kinds_of(const std::vector<ComponentCall>& calls, const std::vector<cuda::NodeInfo>& nodes) {
  std::map<std::pair<std::size_t, std::vector<Launch>>, std::size_t> numbers;
  std::vector<std::size_t> kinds;
  for (const ComponentCall& call : calls) {
    std::vector<Launch> launches;
    for (std::size_t node = call.begin; node < call.end; ++node) launches.push_back(launch_of(nodes[node]));
    const std::pair key{call.component, std::move(launches)};
    kinds.push_back(numbers.emplace(key, numbers.size()).first->second);
  }
  return kinds;
}

std::vector<std::size_t> components_in_order(const std::vector<ComponentCall>& calls,
                                             const bundle::Manifest& manifest) {
  const std::size_t own = manifest.calls.empty() ? 0 : manifest.calls.front().component;
  std::vector<std::size_t> found;
  bool has_own = false;
  for (const ComponentCall& call : calls) {
    has_own = has_own || call.component == own;
    const bool is_known = std::ranges::find(found, call.component) != found.end();
    if (!is_known && call.component != own) found.push_back(call.component);
  }
  if (has_own) found.push_back(own);
  return found;
}

std::shared_ptr<const cuda::Subgraph> part_of(const CapturedModel& model, const ComponentCall& call) {
  return cuda::Subgraph::create(model.graph, nodes_of(call));
}

std::shared_ptr<const cuda::Subgraph> part_of(const CapturedModel& model, const std::vector<ComponentCall>& calls,
                                              std::size_t component) {
  std::vector<std::size_t> nodes;
  for (const ComponentCall& call : calls) {
    if (call.component != component) continue;
    const auto its_nodes = nodes_of(call);
    nodes.insert(nodes.end(), its_nodes.begin(), its_nodes.end());
  }
  return cuda::Subgraph::create(model.graph, std::move(nodes));
}

cuda::Parts repeated_calls(const CapturedModel& model, const std::vector<ComponentCall>& calls,
                           const std::vector<std::size_t>& kinds, std::size_t component) {
  std::vector<std::size_t> order;  // of kinds, by their first call
  std::map<std::size_t, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].component != component) continue;
    if (!alike.contains(kinds[i])) order.push_back(kinds[i]);
    alike[kinds[i]].push_back(i);
  }
  cuda::Parts parts;
  for (const std::size_t kind : order) {
    const auto& group = alike[kind];
    parts.insert(parts.end(), group.size(), part_of(model, calls[group[group.size() / 2]]));
  }
  return parts;
}

}  // namespace clear_native::plan_graphs
