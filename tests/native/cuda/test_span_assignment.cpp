#include <gtest/gtest.h>

#include <utility>

#include "core/errors.hpp"
#include "cuda/span_assignment.hpp"

namespace clear_native::cuda {
namespace {

using Nodes = std::vector<std::size_t>;

Dag dag_of(std::size_t size, const std::vector<std::pair<std::size_t, std::size_t>>& edges) {
  Dag dag{std::vector<Nodes>(size), std::vector<Nodes>(size)};
  for (const auto& [from, to] : edges) {
    dag.before[to].push_back(from);
    dag.after[from].push_back(to);
  }
  return dag;
}

Dag line(std::size_t size) {
  std::vector<std::pair<std::size_t, std::size_t>> edges;
  for (std::size_t i = 0; i + 1 < size; ++i) edges.emplace_back(i, i + 1);
  return dag_of(size, edges);
}

TEST(NodesBetween, LineIsCutAfterTheEntryAndAfterTheExit) {
  EXPECT_EQ(nodes_between(line(6), {1}, {4}), (Nodes{2, 3, 4}));
}

TEST(NodesBetween, EmptyEntryMeansFromTheBeginning) {
  EXPECT_EQ(nodes_between(line(4), {}, {2}), (Nodes{0, 1, 2}));
}

TEST(NodesBetween, SameFrontierHoldsNothing) {
  EXPECT_EQ(nodes_between(line(4), {2}, {2}), Nodes{});
}

TEST(NodesBetween, NothingCapturedYetHoldsNothing) {
  EXPECT_EQ(nodes_between(line(4), {}, {}), Nodes{});
}

TEST(NodesBetween, SwappedFrontiersAreNoticed) {
  EXPECT_EQ(nodes_between(line(6), {4}, {1}), std::nullopt);
  EXPECT_EQ(nodes_between(line(6), {4}, {}), std::nullopt);
}

TEST(NodesBetween, ForkInsideBelongsWhole) {
  // 0 -> 1 -> {2, 3} -> 4 -> 5
  const Dag dag = dag_of(6, {{0, 1}, {1, 2}, {1, 3}, {2, 4}, {3, 4}, {4, 5}});
  EXPECT_EQ(nodes_between(dag, {0}, {4}), (Nodes{1, 2, 3, 4}));
  EXPECT_EQ(nodes_between(dag, {1}, {2, 3}), (Nodes{2, 3}));
  EXPECT_EQ(nodes_between(dag, {2, 3}, {5}), (Nodes{4, 5}));
}

TEST(NodesBetween, EarlierWorkThatALaterCallJoinsIsNotBeforeTheEntry) {
  // The main stream is 0 -> 1 -> 3, node 2 ran beside it since 0 and joins in 3.
  const Dag dag = dag_of(4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}});
  EXPECT_EQ(nodes_between(dag, {1}, {3}), (Nodes{2, 3}));
  EXPECT_EQ(nodes_between(dag, {1, 2}, {3}), (Nodes{3}));
}

TEST(NodesBetween, EntryNodeThatAnotherEntryNodeFollowsIsFine) {
  EXPECT_EQ(nodes_between(line(6), {0, 3}, {5}), (Nodes{4, 5}));
}

TEST(InnermostSpans, NestedCallTakesItsNodesFromItsParent) {
  const auto owner = innermost_spans(line(6), {{"layer", std::nullopt, {0}, {4}}, {"mlp", 0, {1}, {3}}});
  const std::vector<std::optional<std::size_t>> expected{std::nullopt, 0, 1, 1, 0, std::nullopt};
  EXPECT_EQ(owner, expected);
}

TEST(InnermostSpans, ChildKeepsItsNodesWhateverTheDepthBetween) {
  const auto owner = innermost_spans(
      line(5), {{"a", std::nullopt, {}, {4}}, {"b", 0, {0}, {3}}, {"c", 1, {1}, {2}}, {"d", std::nullopt, {}, {4}}});
  const std::vector<std::optional<std::size_t>> expected{0, 1, 2, 1, 0};
  EXPECT_EQ(owner, expected);
}

TEST(InnermostSpans, EmptySpanOwnsNothing) {
  const auto owner = innermost_spans(line(3), {{"dropout", std::nullopt, {1}, {1}}});
  EXPECT_EQ(owner, (std::vector<std::optional<std::size_t>>(3)));
}

TEST(InnermostSpans, ManySpansOneAfterAnother) {
  std::vector<FrontierPair> spans;
  constexpr std::size_t count = 500;
  for (std::size_t i = 0; i < count; ++i) {
    spans.push_back({"call", std::nullopt, i == 0 ? Nodes{} : Nodes{2 * i - 1}, {2 * i + 1}});
  }
  const auto owner = innermost_spans(line(2 * count), spans);
  for (std::size_t node = 0; node < owner.size(); ++node) EXPECT_EQ(owner[node], node / 2);
}

TEST(InnermostSpans, ExitBeforeEntryIsAnErrorThatNamesTheSpan) {
  try {
    innermost_spans(line(4), {{"layer.0.mlp", std::nullopt, {3}, {1}}});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_NE(std::string(error.what()).find("layer.0.mlp"), std::string::npos);
  }
}

TEST(InnermostSpans, ParentMustComeFirst) {
  EXPECT_THROW(innermost_spans(line(4), {{"a", 1, {}, {1}}, {"b", std::nullopt, {}, {2}}}), Error);
  EXPECT_THROW(innermost_spans(line(4), {{"a", 0, {}, {1}}}), Error);
}

}  // namespace
}  // namespace clear_native::cuda
