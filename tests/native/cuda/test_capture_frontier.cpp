#include "cuda/capture_frontier.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class CaptureFrontierTest : public CudaTest {};

TEST_F(CaptureFrontierTest, TellsTheNodesInTheirOrder) {
  GraphBuilder graph(fake());
  graph.kernel("a").kernel("b");
  fake().set_capture(CU_STREAM_CAPTURE_STATUS_ACTIVE, graph.nodes({"b", "a"}), std::vector<CUgraphEdgeData>(2));
  EXPECT_EQ(capture_frontier(stream()), graph.frontier({"b", "a"}));
}

TEST_F(CaptureFrontierTest, EmptyBeforeTheFirstNode) {
  fake().set_capture(CU_STREAM_CAPTURE_STATUS_ACTIVE, {}, {});
  EXPECT_TRUE(capture_frontier(stream()).empty());
}

TEST_F(CaptureFrontierTest, ProgrammaticDependenciesAreNoObstacle) {
  GraphBuilder graph(fake());
  graph.kernel("a");
  CUgraphEdgeData programmatic{};
  programmatic.type = CU_GRAPH_DEPENDENCY_TYPE_PROGRAMMATIC;
  fake().set_capture(CU_STREAM_CAPTURE_STATUS_ACTIVE, graph.nodes({"a"}), {programmatic});
  EXPECT_EQ(capture_frontier(stream()), graph.frontier({"a"}));
}

TEST_F(CaptureFrontierTest, StreamThatDoesNotCaptureIsAnError) {
  expect_error(ErrorKind::capture_failed, {"not capturing"}, [] { capture_frontier(stream()); });
}

TEST_F(CaptureFrontierTest, BrokenCaptureIsAnError) {
  fake().set_capture(CU_STREAM_CAPTURE_STATUS_INVALIDATED, {}, {});
  expect_error(ErrorKind::capture_failed, {"broke"}, [] { capture_frontier(stream()); });
}

TEST_F(CaptureFrontierTest, LegacyStreamDuringACaptureIsACaptureError) {
  fake().fail("cuStreamGetCaptureInfo", CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
  expect_error(ErrorKind::capture_failed, {"where a capture stands"}, [] { capture_frontier(stream()); });
}

}  // namespace
}  // namespace clear_native::cuda
