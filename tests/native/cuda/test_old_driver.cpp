// Against the driver of CUDA 12.2 (FAKE_CUDA_VERSION=12020): what newer ones tell beside is not there.

#include "cuda/capture_frontier.hpp"
#include "cuda/driver.hpp"
#include "cuda/replay_factory.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class OldDriverTest : public CudaTest {
 protected:
  OldDriverTest() : graph_(fake()) { graph_.chain({"a", "b", "c"}); }

  GraphBuilder graph_;
};

TEST_F(OldDriverTest, IsWhatThisIsAbout) {
  ASSERT_EQ(driver().version, 12020);
  ASSERT_EQ(driver().GraphGetEdgesData, nullptr);
  EXPECT_EQ(context_->properties().driver_version, 12020);
}

TEST_F(OldDriverTest, FrontierIsReadWithoutEdgeData) {
  fake().set_capture(CU_STREAM_CAPTURE_STATUS_ACTIVE, graph_.nodes({"b"}), std::vector<CUgraphEdgeData>(1));
  EXPECT_EQ(capture_frontier(stream()), graph_.frontier({"b"}));
}

TEST_F(OldDriverTest, NamesOfKernelsAreAbsentAndSpansStillHold) {
  const auto model = graph_.model(context_, {{"x", std::nullopt, graph_.frontier({"a"}), graph_.frontier({"b"})}});
  ASSERT_EQ(model->nodes().size(), 3U);
  for (const NodeInfo& info : model->nodes()) EXPECT_EQ(info.kernel_name, "");
  EXPECT_EQ(model->nodes()[0].span, std::nullopt);
  EXPECT_EQ(model->nodes()[1].span, 0U);
  EXPECT_EQ(model->nodes()[2].span, std::nullopt);
}

TEST_F(OldDriverTest, ChainRunsAndCounts) {
  const auto model = graph_.model(context_);
  GraphReplayFactory factory(stream(), {Subgraph::create(model, {0, 2})});
  EXPECT_FALSE(factory.supports(ReplayShape::while_loop));
  const auto workload = factory.make(ReplayShape::chain, 3);
  fake().clear_log();
  workload->launch();
  workload->drain();
  EXPECT_EQ(workload->odometer().passes, 3.0);
  std::vector<std::string> ran;
  for (const std::string& entry : fake().log()) {
    if (entry.rfind("clear_", 0) != 0) ran.push_back(entry);
  }
  EXPECT_EQ(ran, (std::vector<std::string>{"a(0)", "c(2)", "a(0)", "c(2)", "a(0)", "c(2)"}));
}

TEST_F(OldDriverTest, LoopIsRefused) {
  ReplayOptions options;
  options.shape = ReplayShape::while_loop;
  const Parts parts{Subgraph::create(graph_.model(context_), {0})};
  expect_error(ErrorKind::bad_input, {"12.4"}, [&] { Replay::create(stream(), parts, options); });
}

}  // namespace
}  // namespace clear_native::cuda
