#include <algorithm>

#include "core/windows/replay_ways.hpp"
#include "fake_capturer.hpp"
#include "made_bundle.hpp"
#include "plan_graphs/graph_engine.hpp"

namespace clear_native::testing {
namespace {

using bundle::InSitu;
using bundle::PlanEngine;
using cuda::expect_error;

class GraphEngineTest : public cuda::CudaTest {
 protected:
  GraphEngineTest() {
    fake().count_time_by_costs();
    for (const char* name : {"addmm", "relu", "sum", "split"}) fake().set_cost_s(name, 1e-5);
    made_.write(folder_.path());
    loaded_.bundle = std::make_unique<bundle::Bundle>(bundle::Bundle::open(folder_.path()));
    auto runner = std::make_unique<FakeGpuRunner>(fake(), loaded_.bundle->plan());
    runner_ = runner.get();
    loaded_.runner = std::move(runner);
  }
  PlanEngine& engine() {
    if (!engine_) engine_ = plan_graphs::make_graph_engine(loaded_);
    return *engine_;
  }
  /// First letters of the kernels of one pass of what was launched.
  std::string pass_of(bundle::MadeWorkload made) {
    fake().clear_log();
    made.workload->launch();
    made.workload->drain();
    std::string letters;
    for (const std::string& line : fake().log()) {
      for (const char* name : {"addmm(", "relu(", "sum(", "split("}) {
        if (line.starts_with(name)) letters += name[0];
      }
    }
    return letters.substr(0, letters.size() / static_cast<std::size_t>(made.workload->passes_per_launch()));
  }
  static std::string reason_of(const InSitu& made, std::size_t component) {
    for (const auto& alone : made.alone) {
      if (alone.component == component) return alone.reason;
    }
    return "";
  }

  MadeBundle made_;
  TemporaryFolder folder_;
  bundle::LoadedBundle loaded_;
  FakeGpuRunner* runner_ = nullptr;

 private:
  std::unique_ptr<PlanEngine> engine_;
};

TEST_F(GraphEngineTest, ReplaysTheModelAndItsParts) {
  EXPECT_EQ(engine().execution(), bundle::Execution::graph);
  EXPECT_TRUE(engine().components_without_work().empty());
  EXPECT_EQ(pass_of(engine().plain()), "ararss");
  EXPECT_EQ(pass_of(engine().preserved()), "ararss");
  EXPECT_EQ(pass_of(engine().doubled()), "aarraarrssss");
  EXPECT_EQ(pass_of(engine().partition(0)), "aa");
  EXPECT_EQ(pass_of(engine().partition(1)), "rr");
  EXPECT_EQ(pass_of(engine().partition(2)), "ss");
  EXPECT_EQ(pass_of(engine().isolated(1, bundle::IsolatedCache::warm)), "rr");
  EXPECT_EQ(pass_of(engine().isolated(1, bundle::IsolatedCache::cycling)), "rr");
  expect_error(ErrorKind::bad_input, {"nothing on the GPU"}, [&] { engine().partition(9); });
}

TEST_F(GraphEngineTest, DrivesAComponentInEveryWay) {
  const auto replays = engine().replays_of(0);
  ASSERT_NE(replays, nullptr);
  ThreadedRunner runner;
  std::vector<std::string> ways;
  for (DrivenWay& way : replay_ways(runner, *replays, {})) {
    ways.push_back(way.way);
    EXPECT_EQ(way.passes_per_launch == 1, way.way == "launch");
    EXPECT_EQ(pass_of({.workload = std::move(way.workload), .passes_per_launch = way.passes_per_launch}), "aa");
  }
  EXPECT_EQ(ways, (std::vector<std::string>{"launch", "unrolled", "while_loop"}));
  EXPECT_EQ(engine().replays_of(9), nullptr) << "it launches nothing";
}

TEST_F(GraphEngineTest, CapturesKeepingAndPlainly) {
  engine();
  ASSERT_EQ(runner_->told.requests.size(), 2U);
  const auto& keeping = runner_->told.requests[0];
  EXPECT_TRUE(keeping.keeps);
  EXPECT_FALSE(keeping.scratch[1]) << "what layer.0 gives, its act reads";
  EXPECT_TRUE(keeping.freed[1].empty());
  EXPECT_FALSE(runner_->told.requests[1].keeps);
  EXPECT_EQ(runner_->told.requests[1].freed[2], (std::vector<std::size_t>{4})) << "as the model lets go";
  EXPECT_EQ(engine().notes().kept_bytes, 132U);
  EXPECT_TRUE(engine().notes().warnings.empty());
}

TEST_F(GraphEngineTest, KeepsAllWhereMemoryCannotBeShared) {
  runner_->told.refused = "something strays";
  engine();
  ASSERT_EQ(runner_->told.requests.size(), 3U);
  EXPECT_TRUE(runner_->told.requests[1].scratch.empty());
  ASSERT_EQ(engine().notes().warnings.size(), 1U);
  EXPECT_NE(engine().notes().warnings[0].find("something strays"), std::string::npos);
}

TEST_F(GraphEngineTest, LaysOutAWeighingOfTheGraphsCalls) {
  InSitu made = engine().in_situ(std::nullopt);
  EXPECT_EQ(made.layout.components, (std::vector<std::string>{"layer", "act", "other"}));
  EXPECT_EQ(made.layout.component_of_call, (std::vector<std::optional<std::size_t>>{0, 1, 0, 1, 2}));
  EXPECT_EQ(made.layout.kind_of_call, (std::vector<std::size_t>{0, 1, 0, 1, 2}));
  EXPECT_EQ(made.layout.passes, 8);
  EXPECT_TRUE(made.cache.judged);
  EXPECT_FALSE(made.cache.cold) << "all of it fits in the L2";
  EXPECT_EQ(made.cache.reuse_distance_bytes, 24U + 32U);  // weights and bias, and the kept buffer
  EXPECT_EQ(made.unjudged_buffers, 0U);
  EXPECT_TRUE(made.alone.empty());
  EXPECT_EQ(made.plain.passes_per_launch, made.preserved.passes_per_launch);
  EXPECT_NO_THROW(check_layout(made.layout, 0.6));
  const auto dosed = made.dosed->make(Doses(40, 1));
  dosed->launch();
  dosed->drain();
  EXPECT_EQ(dosed->odometer().passes, dosed->passes_per_launch());
  const auto runs = made.dosed->runs(Doses(40, 0));
  ASSERT_EQ(runs.size(), 40U) << "calls are timed, so that windows can be kept from beating with the sensor";
  EXPECT_NEAR(runs[4].time_s, 2 * runs[0].time_s, 0.1 * runs[0].time_s) << "two kernels against one";
  EXPECT_EQ(pass_of(std::move(made.doubled)).size(), 12U);
}

TEST_F(GraphEngineTest, AllowsWhatTheNextPassBringsBack) {
  InSitu made = engine().in_situ(true);  // without act, the buffer has what layer sets it to, until the next pass
  EXPECT_TRUE(made.alone.empty());
  EXPECT_EQ(made.layout.twin_of_call, (std::vector<std::size_t>{2, 3, 0, 1, 4}));
  EXPECT_TRUE(made.cache.cold);
  EXPECT_FALSE(made.cache.judged);
  Doses without_act(40, 0);
  for (std::size_t cell = 0; cell < 40; ++cell) without_act[cell] = cell % 5 == 1 || cell % 5 == 3 ? -1 : 0;
  const auto dosed = made.dosed->make(without_act);
  dosed->launch();
  dosed->drain();
  EXPECT_EQ(runner_->told.buffer[0], 1U);
  EXPECT_EQ(made.dosed->changed(), 0U);
}

TEST_F(GraphEngineTest, DoesNotDoseWhatOverflowsOrChangesForGood) {
  runner_->told.is_finite = false;
  EXPECT_NE(reason_of(engine().in_situ(true), 1).find("skipping its calls makes 1 buffers overflow"),
            std::string::npos);
  runner_->told.is_finite = true;
  runner_->told.asked_whether_finite = [&] { ++runner_->given[0]; };  // an input is another from now on
  const InSitu made = engine().in_situ(true);
  EXPECT_NE(reason_of(made, 1).find("skipping its calls changes 1 buffers for good"), std::string::npos);
  for (const auto& alone : made.alone) EXPECT_NE(alone.made.workload, nullptr);
  EXPECT_EQ(made.dosed->runs(Doses(40, 0)).size(), 40U) << "of calls that are not dosed the chain tells";
}

TEST_F(GraphEngineTest, MeasuresByPartitionWhereDosesFindNoRoom) {
  engine();
  fake().fail("cuMemHostAlloc", CUDA_ERROR_OUT_OF_MEMORY, 0);
  const InSitu made = engine().in_situ(true);
  EXPECT_TRUE(made.layout.components.empty());
  EXPECT_FALSE(made.no_doses_because.empty());
  EXPECT_EQ(made.alone.size(), 3U);
}

TEST_F(GraphEngineTest, TellsWhatDriftsWhenReplayedAlone) {
  runner_->runner.writes = {{4, 5}};  // layer.1 writes to what the act of layer.0 gave
  const auto made = engine().partition(0);
  EXPECT_EQ(made.statuses, (std::vector<std::string>{"not_repeatable"}));
  ASSERT_EQ(made.warnings.size(), 1U);
  EXPECT_EQ(made.warnings[0], "layer updates in place (aten::addmm) what act made: replayed alone, its data drifts");
  EXPECT_TRUE(engine().partition(1).statuses.empty());
}

TEST_F(GraphEngineTest, ComparesOutputsOfTheGraph) {
  EXPECT_TRUE(engine().verify().empty());
  runner_->told.output[1] = 36;
  ASSERT_EQ(engine().verify().size(), 1U);
  EXPECT_EQ(engine().verify()[0].difference, "at [1]: 36, expected 35; 1 of 2 elements differ");
}

TEST_F(GraphEngineTest, LeavesTheBundleToEagerWhereTheCaptureFails) {
  runner_->told.failing_operator = "aten::sum";
  expect_error(ErrorKind::capture_failed, {"nodes[6] cannot be captured"}, [&] { engine(); });
  ASSERT_NE(loaded_.runner, nullptr);
  const auto eager = bundle::make_eager_engine(std::move(loaded_));
  EXPECT_EQ(eager->execution(), bundle::Execution::eager);
}

TEST_F(GraphEngineTest, SaysWhereThePlugInHasNoGraphs) {
  runner_->has_graphs = false;
  expect_error(ErrorKind::bad_input, {"cannot capture graphs", "--execution eager"}, [&] { engine(); });
}

}  // namespace
}  // namespace clear_native::testing
