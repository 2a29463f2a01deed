#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

#include "core/errors.hpp"
#include "cuda/topological_order.hpp"

namespace clear_native::cuda {
namespace {

using Edges = std::vector<std::pair<std::size_t, std::size_t>>;

Dag dag_with(std::size_t size, const Edges& edges) {
  Dag dag{std::vector<std::vector<std::size_t>>(size), std::vector<std::vector<std::size_t>>(size)};
  for (const auto& [from, to] : edges) {
    dag.before[to].push_back(from);
    dag.after[from].push_back(to);
  }
  return dag;
}

/// The order as keys, after the nodes were renumbered at random.
std::vector<std::uint64_t> ordered_keys(std::size_t size, const Edges& edges, const std::vector<std::uint64_t>& keys,
                                        unsigned seed) {
  std::vector<std::size_t> number(size);
  std::iota(number.begin(), number.end(), std::size_t{0});
  std::mt19937 generator(seed);
  std::shuffle(number.begin(), number.end(), generator);
  Edges renumbered;
  for (const auto& [from, to] : edges) renumbered.emplace_back(number[from], number[to]);
  std::shuffle(renumbered.begin(), renumbered.end(), generator);
  std::vector<std::uint64_t> renumbered_keys(size);
  for (std::size_t i = 0; i < size; ++i) renumbered_keys[number[i]] = keys[i];
  std::vector<std::uint64_t> result;
  for (const std::size_t node : topological_order(dag_with(size, renumbered), renumbered_keys)) {
    result.push_back(renumbered_keys[node]);
  }
  return result;
}

TEST(TopologicalOrder, ChainHasOneOrder) {
  EXPECT_EQ(topological_order(dag_with(4, {{2, 0}, {0, 3}, {3, 1}}), {0, 0, 0, 0}),
            (std::vector<std::size_t>{2, 0, 3, 1}));
}

TEST(TopologicalOrder, BranchIsFollowedToItsEndBeforeTheNextBegins) {
  // 0 forks into 1 -> 2 -> 3 and 4 -> 5 -> 6, which join in 7.
  const Edges edges{{0, 1}, {1, 2}, {2, 3}, {0, 4}, {4, 5}, {5, 6}, {3, 7}, {6, 7}};
  const auto order = topological_order(dag_with(8, edges), {0, 1, 2, 3, 4, 5, 6, 7});
  const std::vector<std::size_t> one_first{0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<std::size_t> other_first{0, 4, 5, 6, 1, 2, 3, 7};
  EXPECT_TRUE(order == one_first || order == other_first);
}

TEST(TopologicalOrder, SameGraphInAnyNumberingHasTheSameOrder) {
  // Two forks of like nodes (key 9) that differ only in what comes after them.
  const Edges edges{{0, 1}, {0, 2}, {0, 3}, {1, 4}, {2, 5}, {3, 6}, {4, 7}, {5, 7}, {6, 8}, {7, 9}, {8, 9}};
  const std::vector<std::uint64_t> keys{1, 9, 9, 9, 20, 21, 22, 30, 31, 40};
  const auto first = ordered_keys(10, edges, keys, 1);
  for (unsigned seed = 2; seed < 40; ++seed) EXPECT_EQ(ordered_keys(10, edges, keys, seed), first) << seed;
}

TEST(TopologicalOrder, DependenciesComeFirst) {
  std::mt19937 generator(7);
  Edges edges;
  constexpr std::size_t size = 200;
  for (std::size_t to = 1; to < size; ++to) {
    std::vector<std::size_t> from{generator() % to, generator() % to};
    edges.emplace_back(from[0], to);
    if (from[1] != from[0]) edges.emplace_back(from[1], to);
  }
  const auto order = topological_order(dag_with(size, edges), std::vector<std::uint64_t>(size, 3));
  std::vector<std::size_t> place(size);
  for (std::size_t i = 0; i < size; ++i) place[order[i]] = i;
  ASSERT_EQ(order.size(), size);
  for (const auto& [from, to] : edges) EXPECT_LT(place[from], place[to]);
}

TEST(TopologicalOrder, CycleIsATypedError) {
  try {
    topological_order(dag_with(3, {{0, 1}, {1, 2}, {2, 1}}), {0, 0, 0});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::capture_failed);
  }
}

TEST(TopologicalOrder, NothingIsFine) {
  EXPECT_TRUE(topological_order(Dag{}, {}).empty());
}

}  // namespace
}  // namespace clear_native::cuda
