#include "subgraph.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/errors.hpp"
#include "node_copy.hpp"

namespace clear_native::cuda {
namespace {

void check_nodes(const std::vector<std::size_t>& sorted, std::size_t model_size) {
  if (sorted.empty()) {
    throw Error(ErrorKind::bad_input,
                "A part of the model graph was asked for that has no nodes: there is no GPU work to "
                "replay. Leave it out.");
  }
  if (sorted.back() >= model_size) {
    throw Error(ErrorKind::bad_input, "Node " + std::to_string(sorted.back()) +
                                          " was asked for, but the model graph has " + std::to_string(model_size) +
                                          ".");
  }
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) {
    throw Error(ErrorKind::bad_input,
                "Node " + std::to_string(*twice) +
                    " was asked for twice. To run a part twice, put its subgraph twice in the pass.");
  }
}

/// What every kept node must wait for, among the kept nodes.
class KeptDependencies {
 public:
  KeptDependencies(const ModelGraph& model, const std::vector<std::size_t>& kept)
      : model_(model), first_(kept.front()) {
    kept_.resize(kept.back() - first_ + 1, false);
    for (const std::size_t node : kept) kept_[node - first_] = true;
  }

  /// Kept node to edge data. Ask in ascending order.
  std::map<std::size_t, CUgraphEdgeData> of(std::size_t node) {
    std::map<std::size_t, CUgraphEdgeData> edges;
    for (const auto& [on, data] : model_.dependencies(node)) {
      if (is_kept(on)) edges.emplace(on, data);
    }
    // Through a node left out, full completion was waited for: that is stronger than any data of a direct edge.
    for (const auto& [on, data] : model_.dependencies(node)) {
      if (is_kept(on)) continue;
      for (const std::size_t ancestor : nearest_kept(on)) edges[ancestor] = CUgraphEdgeData{};
    }
    return edges;
  }

 private:
  [[nodiscard]] bool is_kept(std::size_t node) const {
    return node >= first_ && node - first_ < kept_.size() && kept_[node - first_];
  }

  /// Nearest kept ancestors of a node that was left out. Every such node is looked at once.
  const std::set<std::size_t>& nearest_kept(std::size_t left_out) {
    std::vector<std::size_t> open{left_out};
    while (!open.empty()) {
      const std::size_t node = open.back();
      if (nearest_.contains(node)) {
        open.pop_back();
        continue;
      }
      const std::size_t still_open = open.size();
      for (const auto& [on, data] : model_.dependencies(node)) {
        if (on >= first_ && !is_kept(on) && !nearest_.contains(on)) open.push_back(on);
      }
      if (open.size() > still_open) continue;
      open.pop_back();
      nearest_.emplace(node, merge_dependencies(node));
    }
    return nearest_.at(left_out);
  }

  [[nodiscard]] std::set<std::size_t> merge_dependencies(std::size_t node) const {
    std::set<std::size_t> merged;
    for (const auto& [on, data] : model_.dependencies(node)) {
      if (is_kept(on)) {
        merged.insert(on);
      } else if (on >= first_) {  // nothing before the first kept node leads to one
        const std::set<std::size_t>& reached = nearest_.at(on);
        merged.insert(reached.begin(), reached.end());
      }
    }
    return merged;
  }

  const ModelGraph& model_;
  std::size_t first_;
  std::vector<bool> kept_;
  std::map<std::size_t, std::set<std::size_t>> nearest_;
};

}  // namespace

Subgraph::Subgraph(std::shared_ptr<const ModelGraph> model, std::vector<std::size_t> nodes)
    : model_(std::move(model)), nodes_(std::move(nodes)) {
  std::map<std::size_t, std::size_t> place_of;
  std::vector<bool> waited_for(nodes_.size(), false);
  KeptDependencies dependencies(*model_, nodes_);
  for (std::size_t place = 0; place < nodes_.size(); ++place) {
    const std::size_t node = nodes_[place];
    const NodeInfo& info = model_->nodes()[node];
    place_of.emplace(node, place);
    const auto waits_for = dependencies.of(node);
    if (waits_for.empty()) first_.push_back(place);
    for (const auto& [on, data] : waits_for) {
      edges_.push_back({.from = place_of.at(on), .to = place, .data = data});
      waited_for[place_of.at(on)] = true;
    }
    inner_nodes_ += info.inner_nodes;
    allowed_in_loop_ = allowed_in_loop_ && info.allowed_in_loop;
  }
  for (std::size_t place = 0; place < nodes_.size(); ++place) {
    if (!waited_for[place]) last_.push_back(place);
  }
  copy_into(graph_.handle());
}

std::vector<CUgraphNode> Subgraph::copy_into(CUgraph graph) const {
  const CUcontext context = model_->context()->handle();
  std::vector<CUgraphNode> copies;
  copies.reserve(nodes_.size());
  for (const std::size_t node : nodes_) {
    copies.push_back(copy_node(graph, model_->handle(node), model_->nodes()[node].type, context));
  }
  std::vector<Edge> edges;
  edges.reserve(edges_.size());
  for (const InnerEdge& edge : edges_) edges.push_back(Edge{copies[edge.from], copies[edge.to], edge.data});
  add_edges(graph, edges);
  return copies;
}

CUgraphNode Subgraph::append_to(CUgraph graph, CUgraphNode after) const {
  if (last_.size() > 1) return add_child(graph, after, graph_.handle());
  const std::vector<CUgraphNode> copies = copy_into(graph);
  if (after != nullptr) {
    std::vector<Edge> edges;
    edges.reserve(first_.size());
    for (const std::size_t place : first_) edges.push_back(Edge{after, copies[place], CUgraphEdgeData{}});
    add_edges(graph, edges);
  }
  return copies[last_.front()];
}

std::shared_ptr<const Subgraph> Subgraph::create(std::shared_ptr<const ModelGraph> model,
                                                 std::vector<std::size_t> nodes) {
  std::sort(nodes.begin(), nodes.end());
  check_nodes(nodes, model->nodes().size());
  const ContextScope scope(*model->context());
  return std::shared_ptr<const Subgraph>(new Subgraph(std::move(model), std::move(nodes)));
}

}  // namespace clear_native::cuda
