#include "cuda/driver.hpp"
#include "cuda/model_graph.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class ModelGraphTest : public CudaTest {
 protected:
  /// embed | ln qkv soft out | up down | head, with a layer around attention and mlp.
  GraphBuilder transformer() {
    GraphBuilder graph(fake());
    graph.chain({"embed", "ln", "qkv", "soft", "out", "up", "down", "head"});
    return graph;
  }

  static std::vector<Span> transformer_spans(const GraphBuilder& graph) {
    return {{"layer", std::nullopt, graph.frontier({"embed"}), graph.frontier({"down"})},
            {"attention", 0, graph.frontier({"ln"}), graph.frontier({"out"})},
            {"mlp", 0, graph.frontier({"out"}), graph.frontier({"down"})}};
  }
};

TEST_F(ModelGraphTest, NodesAreInOrderWithTypesNamesAndSizes) {
  const GraphBuilder graph = transformer();
  const auto model = graph.model(context_);
  EXPECT_EQ(names_of(*model), (std::vector<std::string>{"embed", "ln", "qkv", "soft", "out", "up", "down", "head"}));
  for (const NodeInfo& info : model->nodes()) {
    EXPECT_EQ(info.type, NodeType::kernel);
    EXPECT_EQ(info.grid.x, 1U);
    EXPECT_EQ(info.block.z, 1U);
    EXPECT_EQ(info.span, std::nullopt);
  }
  EXPECT_EQ(model->edge_count(), 7U);
  EXPECT_EQ(model->programmatic_edge_count(), 0U);
}

TEST_F(ModelGraphTest, NodesBelongToTheInnermostSpan) {
  const GraphBuilder graph = transformer();
  const auto model = graph.model(context_, transformer_spans(graph));
  std::vector<std::optional<std::size_t>> spans;
  for (const NodeInfo& info : model->nodes()) spans.push_back(info.span);
  const std::vector<std::optional<std::size_t>> expected{std::nullopt, 0, 1, 1, 1, 2, 2, std::nullopt};
  EXPECT_EQ(spans, expected);
}

TEST_F(ModelGraphTest, SegmentsAreTheMaximalRunsAndCoverEverything) {
  const GraphBuilder graph = transformer();
  const auto model = graph.model(context_, transformer_spans(graph));
  const std::vector<Segment>& segments = model->segments();
  ASSERT_EQ(segments.size(), 5U);
  const std::vector<std::size_t> begins{0, 1, 2, 5, 7};
  for (std::size_t i = 0; i < segments.size(); ++i) {
    EXPECT_EQ(segments[i].begin, begins[i]);
    EXPECT_EQ(segments[i].end, i + 1 < begins.size() ? begins[i + 1] : 8U);
    EXPECT_EQ(segments[i].span, model->nodes()[segments[i].begin].span);
  }
}

TEST_F(ModelGraphTest, OrderOfTheDriversListsDoesNotMatter) {
  GraphBuilder graph(fake());
  graph.kernel("a").kernel("b1", {"a"}).kernel("c1", {"a"}).kernel("b2", {"b1"}).kernel("c2", {"c1"});
  graph.kernel("join", {"b2", "c2"}).kernel("end", {"join"});
  const std::vector<Span> spans{{"fork", std::nullopt, graph.frontier({"a"}), graph.frontier({"join"})}};
  const auto expected = names_of(*graph.model(context_, spans));
  for (unsigned seed = 1; seed < 20; ++seed) {
    fake().shuffle_lists(seed);
    const auto model = graph.model(context_, spans);
    EXPECT_EQ(names_of(*model), expected) << seed;
    EXPECT_EQ(model->segments().size(), 3U);
    EXPECT_EQ(model->nodes()[index_of(*model, "c1")].span, 0U);
    EXPECT_EQ(model->nodes()[index_of(*model, "end")].span, std::nullopt);
  }
}

TEST_F(ModelGraphTest, ProgrammaticEdgesAreCounted) {
  GraphBuilder graph(fake());
  graph.kernel("a").kernel("b").programmatic_edge("a", "b").kernel("c", {"b"});
  const auto model = graph.model(context_);
  EXPECT_EQ(model->edge_count(), 2U);
  EXPECT_EQ(model->programmatic_edge_count(), 1U);
}

TEST_F(ModelGraphTest, KernelHandleOfALibraryHasItsName) {
  GraphBuilder graph(fake());
  CUDA_KERNEL_NODE_PARAMS_v2 parameters{};
  parameters.kern = fake().kernel("library_gemm", 0);
  parameters.ctx = context_->handle();
  parameters.gridDimX = parameters.gridDimY = parameters.gridDimZ = 1;
  parameters.blockDimX = parameters.blockDimY = parameters.blockDimZ = 1;
  CUgraphNode node = nullptr;
  ASSERT_EQ(driver().GraphAddKernelNode(&node, graph.handle(), nullptr, 0, &parameters), CUDA_SUCCESS);
  EXPECT_EQ(names_of(*graph.model(context_)), (std::vector<std::string>{"library_gemm"}));
}

TEST_F(ModelGraphTest, ChildGraphCountsAllItsNodes) {
  GraphBuilder inner(fake());
  inner.chain({"x", "y"});
  GraphBuilder outer(fake());
  outer.kernel("a");
  outer.add("child", add_child(outer.handle(), outer.node("a"), inner.handle()));
  const auto model = outer.model(context_);
  EXPECT_EQ(model->nodes()[1].type, NodeType::child_graph);
  EXPECT_EQ(model->nodes()[1].inner_nodes, 2U);
  expect_error(ErrorKind::capture_failed, {"3 nodes", "2"}, [&] { outer.model(context_, {}, 2); });
}

TEST_F(ModelGraphTest, TooManyNodesAreAnErrorWithBothNumbers) {
  const GraphBuilder graph = transformer();
  EXPECT_NO_THROW(graph.model(context_, {}, 8));
  expect_error(ErrorKind::capture_failed, {"8 nodes", "more than the 7", "eager"},
               [&] { graph.model(context_, {}, 7); });
}

TEST_F(ModelGraphTest, NodesThatCannotBeReplayedAreNamedWithTheirPlaceAndWhatToDo) {
  const struct {
    CUgraphNodeType type;
    const char* advice;
  } cases[] = {
      {CU_GRAPH_NODE_TYPE_MEM_ALLOC, "PYTORCH_CUDA_ALLOC_CONF=backend:cudaMallocAsync"},
      {CU_GRAPH_NODE_TYPE_MEM_FREE, "PYTORCH_CUDA_ALLOC_CONF"},
      {CU_GRAPH_NODE_TYPE_CONDITIONAL, "torch.cond"},
      {CU_GRAPH_NODE_TYPE_EXT_SEMAS_WAIT, "interop"},
      {CU_GRAPH_NODE_TYPE_EXT_SEMAS_SIGNAL, "interop"},
      {CU_GRAPH_NODE_TYPE_HOST, "host callbacks"},
      {CU_GRAPH_NODE_TYPE_BATCH_MEM_OP, "single GPU"},
      {static_cast<CUgraphNodeType>(15), "type 15"},
  };
  for (const auto& one : cases) {
    GraphBuilder graph(fake());
    graph.chain({"a", "gemm"});
    const CUgraphNode bad = fake().add_raw_node(graph.handle(), one.type, {graph.node("gemm")});
    graph.add("bad", bad);
    const std::vector<Span> spans{{"layer.3.mlp", std::nullopt, graph.frontier({"a"}), graph.frontier({"bad"})}};
    expect_error(ErrorKind::capture_failed, {"node 2 of 3", "layer.3.mlp", "gemm", one.advice},
                 [&] { graph.model(context_, spans); });
  }
}

TEST_F(ModelGraphTest, BadNodeInsideAChildGraphIsFound) {
  GraphBuilder inner(fake());
  fake().add_raw_node(inner.handle(), CU_GRAPH_NODE_TYPE_HOST, {});
  GraphBuilder outer(fake());
  outer.add("child", add_child(outer.handle(), nullptr, inner.handle()));
  expect_error(ErrorKind::capture_failed, {"host callbacks"}, [&] { outer.model(context_); });
}

TEST_F(ModelGraphTest, FrontierOfAnotherGraphIsAnErrorThatNamesTheSpan) {
  const GraphBuilder graph = transformer();
  GraphBuilder other(fake());
  other.kernel("stranger");
  expect_error(ErrorKind::bad_input, {"attention", "not in the captured graph"}, [&] {
    graph.model(context_, {{"attention", std::nullopt, other.frontier({"stranger"}), graph.frontier({"out"})}});
  });
}

TEST_F(ModelGraphTest, SwappedFrontiersAreAnError) {
  const GraphBuilder graph = transformer();
  expect_error(ErrorKind::bad_input, {"mlp", "does not follow"}, [&] {
    graph.model(context_, {{"mlp", std::nullopt, graph.frontier({"down"}), graph.frontier({"out"})}});
  });
}

TEST_F(ModelGraphTest, NoGraphIsAnError) {
  expect_error(ErrorKind::bad_input, {"keep_graph=True"}, [this] { ModelGraph::create(context_, 0, {}); });
}

}  // namespace
}  // namespace clear_native::cuda
