#include "span_assignment.hpp"

#include <algorithm>
#include <cstdint>
#include <queue>

#include "core/errors.hpp"

namespace clear_native::cuda {
namespace {

constexpr std::uint8_t kBeforeExit = 1;
constexpr std::uint8_t kBeforeEntry = 2;

/// Walks from both frontiers towards the roots, latest node first, so that a node's marks are complete when its turn
/// comes, and stops where everything left lies before the entry: the cost is that of the span, not of the graph.
class FrontierWalk {
 public:
  explicit FrontierWalk(const Dag& dag) : dag_(dag), marks_(dag.size(), 0) {}

  /// Clean again after each call.
  std::optional<std::vector<std::size_t>> between(const std::vector<std::size_t>& entry,
                                                  const std::vector<std::size_t>& exit) {
    std::vector<std::size_t> inside;
    bool follows = true;
    for (const std::size_t node : exit) mark(node, kBeforeExit);
    for (const std::size_t node : entry) mark(node, kBeforeEntry);
    const std::size_t first_entry = entry.empty() ? dag_.size() : *std::min_element(entry.begin(), entry.end());
    while (!queue_.empty() && (only_exit_ > 0 || queue_.top() >= first_entry)) {
      const std::size_t node = queue_.top();
      queue_.pop();
      const std::uint8_t found = marks_[node];
      if (found == kBeforeExit) {
        inside.push_back(node);
        --only_exit_;
      }
      if (found == kBeforeEntry) follows = false;
      for (const std::size_t earlier : dag_.before[node]) mark(earlier, found);
    }
    reset();
    if (!follows) return std::nullopt;
    std::reverse(inside.begin(), inside.end());
    return inside;
  }

 private:
  void mark(std::size_t node, std::uint8_t what) {
    const std::uint8_t was = marks_[node];
    const auto now = static_cast<std::uint8_t>(was | what);
    if (was == 0) {
      queue_.push(node);
      touched_.push_back(node);
    }
    if (was != kBeforeExit && now == kBeforeExit) ++only_exit_;
    if (was == kBeforeExit && now != kBeforeExit) --only_exit_;
    marks_[node] = now;
  }

  void reset() {
    for (const std::size_t node : touched_) marks_[node] = 0;
    touched_.clear();
    queue_ = {};
    only_exit_ = 0;
  }

  const Dag& dag_;
  std::vector<std::uint8_t> marks_;
  std::vector<std::size_t> touched_;
  std::priority_queue<std::size_t> queue_;
  std::size_t only_exit_ = 0;  // in the queue
};

std::vector<int> depths_of(const std::vector<FrontierPair>& spans) {
  std::vector<int> depths(spans.size(), 0);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const std::optional<std::size_t>& named = spans[i].parent;
    if (!named) continue;
    const std::size_t parent = *named;
    if (parent >= i) {
      throw Error(ErrorKind::bad_input, "Span " + std::to_string(i) + " ('" + spans[i].label + "') names span " +
                                            std::to_string(parent) +
                                            " as its parent, which does not come before it. List spans as entered.");
    }
    depths[i] = depths[parent] + 1;
  }
  return depths;
}

}  // namespace

std::optional<std::vector<std::size_t>> nodes_between(const Dag& dag, const std::vector<std::size_t>& entry,
                                                      const std::vector<std::size_t>& exit) {
  return FrontierWalk(dag).between(entry, exit);
}

std::vector<std::optional<std::size_t>> innermost_spans(const Dag& dag, const std::vector<FrontierPair>& spans) {
  const std::vector<int> depths = depths_of(spans);
  std::vector<std::optional<std::size_t>> owner(dag.size());
  FrontierWalk walk(dag);
  for (std::size_t span = 0; span < spans.size(); ++span) {
    const auto inside = walk.between(spans[span].entry, spans[span].exit);
    if (!inside) {
      throw Error(ErrorKind::bad_input,
                  "The exit of span '" + spans[span].label +
                      "' does not follow its entry in the captured graph. Note both on the stream that captures, the "
                      "entry before the call and the exit after it.");
    }
    for (const std::size_t node : *inside) {
      std::optional<std::size_t>& held = owner[node];
      if (!held || depths[*held] < depths[span]) held = span;
    }
  }
  return owner;
}

}  // namespace clear_native::cuda
