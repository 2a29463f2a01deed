#include "model_graph.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/errors.hpp"
#include "handles.hpp"
#include "span_assignment.hpp"

namespace clear_native::cuda {
namespace {

void check_size(std::size_t nodes, std::size_t max_nodes) {
  if (nodes <= max_nodes) return;
  throw Error(ErrorKind::capture_failed,
              "The captured graph has " + std::to_string(nodes) + " nodes, more than the " + std::to_string(max_nodes) +
                  " that can be held. A Python loop over tokens does this: measure fewer tokens or layers, or use "
                  "execution=\"eager\".");
}

std::unordered_map<CUgraphNode, std::size_t> index_of(const std::vector<CUgraphNode>& handles) {
  std::unordered_map<CUgraphNode, std::size_t> index;
  index.reserve(handles.size());
  for (std::size_t i = 0; i < handles.size(); ++i) index.emplace(handles[i], i);
  return index;
}

bool is_programmatic(const CUgraphEdgeData& data) {
  return data.type != 0 || data.from_port != 0 || data.to_port != 0;
}

/// items[order[i]] becomes items[i].
template <typename Item>
void permute(std::vector<Item>& items, const std::vector<std::size_t>& order) {
  std::vector<Item> permuted;
  permuted.reserve(items.size());
  for (const std::size_t old : order) permuted.push_back(std::move(items[old]));
  items = std::move(permuted);
}

std::vector<std::size_t> frontier_indices(const std::unordered_map<CUgraphNode, std::size_t>& index,
                                          const std::vector<std::uintptr_t>& frontier, const std::string& label) {
  std::vector<std::size_t> indices;
  for (const std::uintptr_t handle : frontier) {
    const auto found = index.find(handle_from<CUgraphNode>(handle));
    if (found == index.end()) {
      throw Error(ErrorKind::bad_input, "Span '" + label + "' names a node that is not in the captured graph of " +
                                            std::to_string(index.size()) +
                                            " nodes. Note its frontiers in the capture that made this graph.");
    }
    indices.push_back(found->second);
  }
  return indices;
}

}  // namespace

ModelGraph::ModelGraph(std::shared_ptr<const PrimaryContext> context, std::vector<Span> spans)
    : context_(std::move(context)), spans_(std::move(spans)) {}

std::shared_ptr<const ModelGraph> ModelGraph::create(std::shared_ptr<const PrimaryContext> context,
                                                     std::uintptr_t graph, std::vector<Span> spans,
                                                     std::size_t max_nodes) {
  if (graph == 0) {
    throw Error(ErrorKind::bad_input,
                "There is no graph (its handle is 0). Capture with torch.cuda.CUDAGraph(keep_graph=True).");
  }
  std::shared_ptr<ModelGraph> model(new ModelGraph(std::move(context), std::move(spans)));
  const ContextScope scope(*model->context_);
  const auto handle = handle_from<CUgraph>(graph);
  std::vector<std::string> refusals = model->read_nodes(handle, max_nodes);
  const Dag dag = model->reorder(model->read_edges(handle), refusals);
  model->assign_spans(dag);
  model->refuse(refusals);
  model->find_segments();
  return model;
}

std::vector<std::string> ModelGraph::read_nodes(CUgraph graph, std::size_t max_nodes) {
  handles_ = nodes_of(graph);
  check_size(handles_.size(), max_nodes);
  std::vector<std::string> refusals(handles_.size());
  NodeReader reader;
  std::size_t inner_nodes = 0;
  for (std::size_t i = 0; i < handles_.size(); ++i) {
    nodes_.push_back(reader.read(handles_[i], refusals[i]));
    inner_nodes += nodes_[i].inner_nodes;
  }
  check_size(inner_nodes, max_nodes);
  return refusals;
}

Dag ModelGraph::read_edges(CUgraph graph) {
  const auto index = index_of(handles_);
  Dag dag{std::vector<std::vector<std::size_t>>(handles_.size()),
          std::vector<std::vector<std::size_t>>(handles_.size())};
  dependencies_.resize(handles_.size());
  for (const Edge& edge : edges_of(graph)) {
    const std::size_t from = index.at(edge.from);
    const std::size_t to = index.at(edge.to);
    dependencies_[to].push_back(Dependency{from, edge.data});
    dag.before[to].push_back(from);
    dag.after[from].push_back(to);
    ++edge_count_;
    if (is_programmatic(edge.data)) ++programmatic_edge_count_;
  }
  return dag;
}

Dag ModelGraph::reorder(const Dag& dag, std::vector<std::string>& refusals) {
  std::vector<std::uint64_t> keys;
  keys.reserve(nodes_.size());
  for (const NodeInfo& info : nodes_) keys.push_back(likeness_key(info));
  const std::vector<std::size_t> order = topological_order(dag, keys);
  std::vector<std::size_t> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  permute(handles_, order);
  permute(nodes_, order);
  permute(dependencies_, order);
  permute(refusals, order);
  Dag ordered{dag.before, dag.after};
  permute(ordered.before, order);
  permute(ordered.after, order);
  for (auto* lists : {&ordered.before, &ordered.after}) {
    for (auto& list : *lists) {
      for (std::size_t& node : list) node = place[node];
    }
  }
  for (auto& list : dependencies_) {
    for (Dependency& dependency : list) dependency.on = place[dependency.on];
    std::sort(list.begin(), list.end(), [](const Dependency& a, const Dependency& b) { return a.on < b.on; });
  }
  return ordered;
}

void ModelGraph::assign_spans(const Dag& dag) {
  const auto index = index_of(handles_);
  std::vector<FrontierPair> pairs;
  pairs.reserve(spans_.size());
  for (const Span& span : spans_) {
    pairs.push_back(FrontierPair{span.label, span.parent, frontier_indices(index, span.entry, span.label),
                                 frontier_indices(index, span.exit, span.label)});
  }
  const auto owners = innermost_spans(dag, pairs);
  for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i].span = owners[i];
}

void ModelGraph::refuse(const std::vector<std::string>& refusals) const {
  std::string last_kernel;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].kernel_name.empty()) last_kernel = nodes_[i].kernel_name;
    if (refusals[i].empty()) continue;
    std::string where = "node " + std::to_string(i) + " of " + std::to_string(nodes_.size());
    const std::optional<std::size_t>& span = nodes_[i].span;
    if (span) where += ", in '" + spans_[*span].label + "'";
    if (!last_kernel.empty()) where += ", after kernel " + last_kernel;
    throw Error(ErrorKind::capture_failed,
                "The captured graph cannot be replayed in parts: " + where + ", " + refusals[i]);
  }
}

void ModelGraph::find_segments() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (segments_.empty() || segments_.back().span != nodes_[i].span)
      segments_.push_back(Segment{nodes_[i].span, i, i});
    segments_.back().end = i + 1;
  }
}

}  // namespace clear_native::cuda
