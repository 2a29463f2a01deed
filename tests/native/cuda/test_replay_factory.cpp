#include <algorithm>

#include "cuda/driver.hpp"
#include "cuda/replay_factory.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class ReplayFactoryTest : public CudaTest {
 protected:
  ReplayFactoryTest() : graph_(fake()) {
    fake().count_time_by_costs();
    graph_.chain({"a", "b"});
    model_ = graph_.model(context_);
  }
  Parts parts() { return {part_of(model_, {"a", "b"})}; }

  GraphBuilder graph_;
  std::shared_ptr<const ModelGraph> model_;
};

TEST_F(ReplayFactoryTest, MakesBothShapesThatCountTheirPasses) {
  GraphReplayFactory factory(stream(), parts());
  for (const ReplayShape shape : {ReplayShape::chain, ReplayShape::while_loop}) {
    ASSERT_TRUE(factory.supports(shape));
    for (const int passes : {1, 20}) {
      const auto workload = factory.make(shape, passes);
      EXPECT_GE(workload->passes_per_launch(), passes);
      fake().clear_log();
      workload->launch();
      workload->drain();
      EXPECT_EQ(workload->odometer().passes, workload->passes_per_launch());
      const auto log = fake().log();
      EXPECT_EQ(std::count(log.begin(), log.end(), "b(1)"), static_cast<std::ptrdiff_t>(workload->passes_per_launch()));
    }
  }
}

TEST_F(ReplayFactoryTest, ChainIsShortenedToTheNodeCapAndSaysSo) {
  ReplayOptions options;
  options.max_nodes_per_launch = 30;
  GraphReplayFactory factory(stream(), parts(), options);
  EXPECT_EQ(factory.make(ReplayShape::chain, 50)->passes_per_launch(), 10.0);
  EXPECT_EQ(factory.make(ReplayShape::while_loop, 50)->passes_per_launch(), 50.0);
}

TEST_F(ReplayFactoryTest, NextReplayBeginsWithWhatTheLastOneLearned) {
  fake().set_cost_s("a", 3e-3);
  fake().set_cost_s("b", 3e-3);
  GraphReplayFactory factory(stream(), parts());
  static_cast<void>(factory.make(ReplayShape::chain, 1));
  const int instances = fake().calls("cuGraphInstantiateWithFlags");
  static_cast<void>(factory.make(ReplayShape::chain, 1));
  EXPECT_EQ(fake().calls("cuGraphInstantiateWithFlags"), instances + 1);  // its marks were right at once
}

TEST_F(ReplayFactoryTest, LoopIsNotOfferedForNodesThatMayNotLoop) {
  CUgraphNode node = nullptr;
  ASSERT_EQ(driver().GraphAddEventWaitNode(&node, graph_.handle(), nullptr, 0, reinterpret_cast<CUevent>(0x10)),
            CUDA_SUCCESS);
  const GraphReplayFactory factory(stream(), {Subgraph::create(graph_.model(context_), {0, 1, 2})});
  EXPECT_TRUE(factory.supports(ReplayShape::chain));
  EXPECT_FALSE(factory.supports(ReplayShape::while_loop));
}

TEST_F(ReplayFactoryTest, NoPartsAreAnError) {
  expect_error(ErrorKind::bad_input, {"without parts"}, [] { GraphReplayFactory(stream(), {}); });
}

}  // namespace
}  // namespace clear_native::cuda
