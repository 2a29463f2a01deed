#include "cuda/replay_graph.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class ReplayGraphTest : public CudaTest {
 protected:
  ReplayGraphTest() : graph_(fake()) {
    graph_.chain({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});
    parts_ = {part_of(graph_.model(context_), {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"})};
  }
  [[nodiscard]] LaunchShape chain(int passes, std::size_t max_nodes) const {
    return shape_of_launch(ReplayShape::chain, passes, parts_, 0, max_nodes);
  }
  [[nodiscard]] LaunchShape loop(int passes, double pass_s, std::size_t max_nodes = 60'000) const {
    return shape_of_launch(ReplayShape::while_loop, passes, parts_, pass_s, max_nodes);
  }

  GraphBuilder graph_;
  Parts parts_;
};

TEST_F(ReplayGraphTest, ChainHasThePassesAskedForUpToTheNodeCap) {
  EXPECT_EQ(chain(50, 60'000).passes_per_launch(), 50);
  EXPECT_EQ(chain(50, 110).passes_per_launch(), 10);
  EXPECT_EQ(chain(50, 3).passes_per_launch(), 1);  // a pass is run whole or not at all
}

TEST_F(ReplayGraphTest, LoopHoldsAFewPassesAndTurnsAroundTheRest) {
  const LaunchShape shape = loop(64, 0);
  EXPECT_EQ(shape.passes, 16);
  EXPECT_EQ(shape.turns, 4);
}

TEST_F(ReplayGraphTest, LoopOfVeryShortPassesUnrollsMore) {
  const LaunchShape shape = loop(600, 3e-6);
  EXPECT_GE(shape.passes * 3e-6, 0.25e-3);
  EXPECT_GE(shape.passes_per_launch(), 600);
  EXPECT_LT(shape.passes_per_launch(), 600 + shape.turns);
}

TEST_F(ReplayGraphTest, LoopNeverUnrollsMoreThanThereIs) {
  const LaunchShape shape = loop(3, 1e-6);
  EXPECT_EQ(shape.passes, 3);
  EXPECT_EQ(shape.turns, 1);
}

TEST_F(ReplayGraphTest, LoopUnderTheNodeCapTurnsMoreOften) {
  const LaunchShape shape = loop(64, 0, 44);
  EXPECT_EQ(shape.passes, 4);
  EXPECT_EQ(shape.turns, 16);
}

TEST_F(ReplayGraphTest, NodesArePassesAndMarks) {
  Odometer odometer(context_, nullptr);
  const ContextScope scope(*context_);
  const PassPlan plan = plan_pass({10}, {}, 1e-3, 3);
  const ReplayGraph replay = build_replay(parts_, plan, chain(3, 60'000), odometer, 0, 1e-3);
  EXPECT_EQ(replay.nodes, 33U);
}

}  // namespace
}  // namespace clear_native::cuda
