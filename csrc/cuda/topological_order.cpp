#include "topological_order.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/errors.hpp"

namespace clear_native::cuda {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  // The finaliser of splitmix64 over a running sum.
  std::uint64_t z = hash * 0x9e3779b97f4a7c15ULL + value + 0x632be59bd9b4e019ULL;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

/// Any topological order.
std::vector<std::size_t> some_order(const Dag& dag) {
  std::vector<std::size_t> waiting(dag.size());
  std::vector<std::size_t> order;
  order.reserve(dag.size());
  for (std::size_t node = 0; node < dag.size(); ++node) {
    waiting[node] = dag.before[node].size();
    if (waiting[node] == 0) order.push_back(node);
  }
  for (std::size_t done = 0; done < order.size(); ++done) {
    for (const std::size_t next : dag.after[order[done]]) {
      if (--waiting[next] == 0) order.push_back(next);
    }
  }
  if (order.size() != dag.size()) {
    throw Error(ErrorKind::capture_failed,
                "The captured graph has a cycle through " + std::to_string(dag.size() - order.size()) + " of its " +
                    std::to_string(dag.size()) + " nodes. It was changed after capture: capture the model again.");
  }
  return order;
}

/// Hash of a node and all that it reaches through `neighbours`, whatever their order. `order` visits those first.
template <typename Iterator>
std::vector<std::uint64_t> reach_hash(const Iterator& begin, const Iterator& end,
                                      const std::vector<std::uint64_t>& keys,
                                      const std::vector<std::vector<std::size_t>>& neighbours) {
  std::vector<std::uint64_t> hash(keys.size());
  std::vector<std::uint64_t> of_neighbours;
  for (Iterator node = begin; node != end; ++node) {
    of_neighbours.clear();
    for (const std::size_t neighbour : neighbours[*node]) of_neighbours.push_back(hash[neighbour]);
    std::sort(of_neighbours.begin(), of_neighbours.end());
    std::uint64_t own = mix(keys[*node], of_neighbours.size());
    for (const std::uint64_t other : of_neighbours) own = mix(own, other);
    hash[*node] = own;
  }
  return hash;
}

/// Place of every node among its like, from the graph alone where it tells.
std::vector<std::size_t> ranks(const Dag& dag, const std::vector<std::uint64_t>& keys) {
  const std::vector<std::size_t> order = some_order(dag);
  const auto earlier = reach_hash(order.begin(), order.end(), keys, dag.before);
  const auto later = reach_hash(order.rbegin(), order.rend(), keys, dag.after);
  std::vector<std::size_t> sorted(dag.size());
  std::iota(sorted.begin(), sorted.end(), std::size_t{0});
  std::sort(sorted.begin(), sorted.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(earlier[a], later[a], a) < std::tie(earlier[b], later[b], b);
  });
  std::vector<std::size_t> rank(dag.size());
  for (std::size_t place = 0; place < sorted.size(); ++place) rank[sorted[place]] = place;
  return rank;
}

}  // namespace

std::vector<std::size_t> topological_order(const Dag& dag, const std::vector<std::uint64_t>& keys) {
  const std::vector<std::size_t> rank = ranks(dag, keys);
  const auto last_first = [&](std::size_t a, std::size_t b) { return rank[a] > rank[b]; };
  std::vector<std::size_t> waiting(dag.size());
  std::vector<std::size_t> ready;  // a stack: what a node makes ready comes right after it
  for (std::size_t node = 0; node < dag.size(); ++node) {
    waiting[node] = dag.before[node].size();
    if (waiting[node] == 0) ready.push_back(node);
  }
  std::sort(ready.begin(), ready.end(), last_first);
  std::vector<std::size_t> order;
  order.reserve(dag.size());
  while (!ready.empty()) {
    const std::size_t node = ready.back();
    ready.pop_back();
    order.push_back(node);
    const auto first_new = static_cast<std::ptrdiff_t>(ready.size());
    for (const std::size_t next : dag.after[node]) {
      if (--waiting[next] == 0) ready.push_back(next);
    }
    std::sort(ready.begin() + first_new, ready.end(), last_first);
  }
  return order;
}

}  // namespace clear_native::cuda
