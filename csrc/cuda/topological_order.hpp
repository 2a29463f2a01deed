#pragma once
// An order of a graph's nodes that follows from the graph itself, not from the order in which a driver lists it.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace clear_native::cuda {

/// Nodes are 0 ... size - 1.
struct Dag {
  std::vector<std::vector<std::size_t>> before;  // what a node depends on
  std::vector<std::vector<std::size_t>> after;   // what depends on it

  [[nodiscard]] std::size_t size() const noexcept { return before.size(); }
};

/// Nodes in an order of execution that goes down one branch of a fork before it begins the next. `keys` describe the
/// nodes (equal for like nodes); branches are ordered by them and by all that comes before and after, and only nodes
/// that are alike in everything fall back on their number. Throws Error(capture_failed) on a cycle.
std::vector<std::size_t> topological_order(const Dag& dag, const std::vector<std::uint64_t>& keys);

}  // namespace clear_native::cuda
