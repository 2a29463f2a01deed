#include "cuda/driver.hpp"
#include "cuda/subgraph.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

using Names = std::vector<std::string>;

class SubgraphTest : public CudaTest {
 protected:
  /// Parameters of the copy of the only node of a part.
  static CUDA_KERNEL_NODE_PARAMS_v2 kernel_of(const Subgraph& part) {
    CUDA_KERNEL_NODE_PARAMS_v2 parameters{};
    EXPECT_EQ(driver().GraphKernelNodeGetParams(nodes_of(part.handle()).at(0), &parameters), CUDA_SUCCESS);
    return parameters;
  }
};

TEST_F(SubgraphTest, KeptNeighboursKeepTheirEdge) {
  GraphBuilder graph(fake());
  graph.chain({"a", "b", "c", "d"});
  const auto part = part_of(graph.model(context_), {"c", "b"});
  EXPECT_EQ(edge_names(part->handle()), (Names{"b->c"}));
  EXPECT_EQ(part->nodes(), (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(part->inner_nodes(), 2U);
}

TEST_F(SubgraphTest, LeftOutNodesAreBridged) {
  GraphBuilder graph(fake());
  graph.chain({"a", "b", "c", "d", "e"});
  EXPECT_EQ(edge_names(part_of(graph.model(context_), {"a", "d", "e"})->handle()), (Names{"a->d", "d->e"}));
}

TEST_F(SubgraphTest, BranchesStayBranches) {
  GraphBuilder graph(fake());
  graph.kernel("a").kernel("l1", {"a"}).kernel("r1", {"a"}).kernel("l2", {"l1"}).kernel("r2", {"r1"});
  graph.kernel("join", {"l2", "r2"});
  const auto model = graph.model(context_);
  EXPECT_EQ(edge_names(part_of(model, {"l1", "l2", "r1", "r2"})->handle()), (Names{"l1->l2", "r1->r2"}));
  EXPECT_EQ(edge_names(part_of(model, {"a", "l2", "r2", "join"})->handle()),
            (Names{"a->l2", "a->r2", "l2->join", "r2->join"}));
  EXPECT_EQ(edge_names(part_of(model, {"l1", "r1", "join"})->handle()), (Names{"l1->join", "r1->join"}));
}

TEST_F(SubgraphTest, GoesIntoAGraphNodeByNode) {
  GraphBuilder built(fake());
  built.kernel("a").kernel("l", {"a"}).kernel("r", {"a"}).kernel("join", {"l", "r"}).kernel("z", {"join"});
  const auto model = built.model(context_);
  const Graph graph;
  CUgraphNode last = part_of(model, {"l", "r", "join"})->append_to(graph.handle(), nullptr);
  last = part_of(model, {"z"})->append_to(graph.handle(), last);
  EXPECT_EQ(edge_names(graph.handle()), (Names{"join->z", "l->join", "r->join"}));
  part_of(model, {"l", "r", "join"})->append_to(graph.handle(), last);
  EXPECT_EQ(nodes_of(graph.handle()).size(), 7U) << "no borders";
  EXPECT_EQ(edge_names(graph.handle()), (Names{"join->z", "l->join", "l->join", "r->join", "r->join", "z->l", "z->r"}));
}

TEST_F(SubgraphTest, WhatEndsInSeveralNodesGoesIntoAGraphAsOne) {
  GraphBuilder built(fake());
  built.kernel("a").kernel("l", {"a"}).kernel("r", {"a"}).kernel("join", {"l", "r"});
  const auto model = built.model(context_);
  const Graph graph;
  const CUgraphNode branches = part_of(model, {"a", "l", "r"})->append_to(graph.handle(), nullptr);
  part_of(model, {"join"})->append_to(graph.handle(), branches);
  EXPECT_EQ(nodes_of(graph.handle()).size(), 2U);
}

TEST_F(SubgraphTest, OnlyTheNearestKeptAncestorsAreWaitedFor) {
  GraphBuilder graph(fake());
  graph.chain({"a", "b", "x", "y", "c"});
  EXPECT_EQ(edge_names(part_of(graph.model(context_), {"a", "b", "c"})->handle()), (Names{"a->b", "b->c"}));
}

TEST_F(SubgraphTest, ProgrammaticEdgeBetweenKeptNodesSurvives) {
  GraphBuilder graph(fake());
  graph.kernel("a").kernel("gemm", {"a"}).kernel("reduce").programmatic_edge("gemm", "reduce").kernel("d", {"reduce"});
  EXPECT_EQ(edge_names(part_of(graph.model(context_), {"gemm", "reduce", "d"})->handle()),
            (Names{"gemm=>reduce", "reduce->d"}));
}

TEST_F(SubgraphTest, BridgeOverALeftOutNodeIsAFullDependency) {
  GraphBuilder graph(fake());
  graph.kernel("a").kernel("b").programmatic_edge("a", "b").kernel("c").programmatic_edge("b", "c");
  const auto model = graph.model(context_);
  EXPECT_EQ(edge_names(part_of(model, {"a", "c"})->handle()), (Names{"a->c"}));
}

TEST_F(SubgraphTest, FullDependencyThroughALeftOutNodeBeatsAProgrammaticOne) {
  GraphBuilder graph(fake());
  graph.kernel("a").kernel("b", {"a"}).kernel("c", {"b"}).programmatic_edge("a", "c");
  const auto model = graph.model(context_);
  EXPECT_EQ(edge_names(part_of(model, {"a", "b", "c"})->handle()), (Names{"a->b", "a=>c", "b->c"}));
  EXPECT_EQ(edge_names(part_of(model, {"a", "c"})->handle()), (Names{"a->c"}));
}

TEST_F(SubgraphTest, WholeModelHasAllItsEdges) {
  GraphBuilder graph(fake());
  graph.kernel("a")
      .kernel("b", {"a"})
      .kernel("c", {"a"})
      .kernel("d", {"b", "c"})
      .kernel("e")
      .programmatic_edge("d", "e");
  const auto model = graph.model(context_);
  const auto whole = part_of(model, {"a", "b", "c", "d", "e"});
  EXPECT_EQ(edge_names(whole->handle()), edge_names(graph.handle()));
}

TEST_F(SubgraphTest, ArgumentsAndAttributesAreCopied) {
  GraphBuilder graph(fake());
  graph.chain({"a", "b"});
  fake().set_attribute(graph.node("b"), 42);
  const auto part = part_of(graph.model(context_), {"b"});
  const CUDA_KERNEL_NODE_PARAMS_v2 parameters = kernel_of(*part);
  EXPECT_EQ(parameters.func, fake().function("b", 1));
  ASSERT_NE(parameters.kernelParams, nullptr);
  EXPECT_EQ(*static_cast<std::uint64_t*>(parameters.kernelParams[0]), 1U);
  EXPECT_EQ(fake().attribute(nodes_of(part->handle()).at(0)), 42);
}

TEST_F(SubgraphTest, PackedArgumentsOfALibraryKernelAreCopied) {
  GraphBuilder graph(fake());
  CUDA_KERNEL_NODE_PARAMS_v2 given{};
  given.kern = fake().kernel("library_gemm", 2);
  given.ctx = context_->handle();
  given.gridDimX = 4;
  given.gridDimY = given.gridDimZ = given.blockDimX = given.blockDimY = given.blockDimZ = 1;
  given.sharedMemBytes = 99;
  std::uint64_t packed[] = {11, 22};
  std::size_t bytes = sizeof packed;
  void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, packed, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
  given.extra = extra;
  CUgraphNode node = nullptr;
  ASSERT_EQ(driver().GraphAddKernelNode(&node, graph.handle(), nullptr, 0, &given), CUDA_SUCCESS);
  packed[1] = 0;  // the node has its own copy
  const auto part = part_of(graph.model(context_), {"library_gemm"});
  const CUDA_KERNEL_NODE_PARAMS_v2 copied = kernel_of(*part);
  EXPECT_EQ(copied.func, nullptr);
  EXPECT_EQ(copied.kern, given.kern);
  EXPECT_EQ(copied.ctx, given.ctx);
  EXPECT_EQ(copied.gridDimX, 4U);
  EXPECT_EQ(copied.sharedMemBytes, 99U);
  ASSERT_NE(copied.extra, nullptr);
  EXPECT_EQ(static_cast<std::uint64_t*>(copied.extra[1])[1], 22U);
}

TEST_F(SubgraphTest, EveryOtherTypeOfNodeIsCopied) {
  GraphBuilder inner(fake());
  inner.kernel("inner");
  GraphBuilder graph(fake());
  graph.kernel("a");
  const CUgraph handle = graph.handle();
  CUgraphNode node = nullptr;
  CUDA_MEMCPY3D copy{};
  copy.WidthInBytes = 640;
  ASSERT_EQ(driver().GraphAddMemcpyNode(&node, handle, nullptr, 0, &copy, context_->handle()), CUDA_SUCCESS);
  CUDA_MEMSET_NODE_PARAMS set{};
  set.value = 7;
  ASSERT_EQ(driver().GraphAddMemsetNode(&node, handle, nullptr, 0, &set, context_->handle()), CUDA_SUCCESS);
  ASSERT_EQ(driver().GraphAddEmptyNode(&node, handle, nullptr, 0), CUDA_SUCCESS);
  add_child(handle, nullptr, inner.handle());
  CUevent event = reinterpret_cast<CUevent>(0x1230);
  ASSERT_EQ(driver().GraphAddEventRecordNode(&node, handle, nullptr, 0, event), CUDA_SUCCESS);
  ASSERT_EQ(driver().GraphAddEventWaitNode(&node, handle, nullptr, 0, event), CUDA_SUCCESS);
  const auto model = graph.model(context_);
  const auto whole = Subgraph::create(model, {0, 1, 2, 3, 4, 5, 6});
  int seen = 0;
  for (CUgraphNode copied : nodes_of(whole->handle())) {
    CUgraphNodeType type = CU_GRAPH_NODE_TYPE_KERNEL;
    driver().GraphNodeGetType(copied, &type);
    seen |= 1 << static_cast<int>(type);
    CUevent copied_event = nullptr;
    CUgraph copied_child = nullptr;
    if (type == CU_GRAPH_NODE_TYPE_MEMCPY) {
      driver().GraphMemcpyNodeGetParams(copied, &copy);
      EXPECT_EQ(copy.WidthInBytes, 640U);
    } else if (type == CU_GRAPH_NODE_TYPE_MEMSET) {
      driver().GraphMemsetNodeGetParams(copied, &set);
      EXPECT_EQ(set.value, 7U);
    } else if (type == CU_GRAPH_NODE_TYPE_EVENT_RECORD) {
      driver().GraphEventRecordNodeGetEvent(copied, &copied_event);
      EXPECT_EQ(copied_event, event);
    } else if (type == CU_GRAPH_NODE_TYPE_WAIT_EVENT) {
      driver().GraphEventWaitNodeGetEvent(copied, &copied_event);
      EXPECT_EQ(copied_event, event);
    } else if (type == CU_GRAPH_NODE_TYPE_GRAPH) {
      driver().GraphChildGraphNodeGetGraph(copied, &copied_child);
      EXPECT_EQ(nodes_of(copied_child).size(), 1U);
    }
  }
  EXPECT_EQ(seen, 0b11110111);
  EXPECT_FALSE(whole->allowed_in_loop());  // because of its events
}

TEST_F(SubgraphTest, PartsWithoutEventsMayLoop) {
  GraphBuilder graph(fake());
  graph.chain({"a", "b"});
  EXPECT_TRUE(part_of(graph.model(context_), {"a"})->allowed_in_loop());
}

TEST_F(SubgraphTest, BadNodeListsAreTypedErrors) {
  GraphBuilder graph(fake());
  graph.chain({"a", "b"});
  const auto model = graph.model(context_);
  expect_error(ErrorKind::bad_input, {"no nodes"}, [&] { Subgraph::create(model, {}); });
  expect_error(ErrorKind::bad_input, {"Node 2", "has 2"}, [&] { Subgraph::create(model, {0, 2}); });
  expect_error(ErrorKind::bad_input, {"Node 1", "twice"}, [&] { Subgraph::create(model, {1, 0, 1}); });
}

TEST_F(SubgraphTest, FailureLeavesNoGraphBehind) {
  GraphBuilder graph(fake());
  graph.chain({"a", "b"});
  const auto model = graph.model(context_);
  const auto before = fake().live_objects();
  fake().fail("cuGraphKernelNodeCopyAttributes", CUDA_ERROR_OUT_OF_MEMORY, 1);
  expect_error(ErrorKind::device_out_of_memory, {"attributes"}, [&] { part_of(model, {"a", "b"}); });
  EXPECT_EQ(fake().live_objects(), before);
}

}  // namespace
}  // namespace clear_native::cuda
