#include <gtest/gtest.h>

#include <algorithm>

#include "bundle/plan_engine.hpp"
#include "fake_runner.hpp"
#include "made_bundle.hpp"
#include "refused.hpp"

namespace clear_native::testing {
namespace {

using bundle::Bundle;
using bundle::InSitu;
using bundle::IsolatedCache;
using bundle::Pass;
using bundle::PlanEngine;

class EagerEngineTest : public ::testing::Test {
 protected:
  EagerEngineTest() {
    made_.write(folder_.path());
    bundle_ = std::make_unique<Bundle>(Bundle::open(folder_.path()));
    auto runner = std::make_unique<FakeRunner>(bundle_->plan());
    runner_ = runner.get();
    waiting_ = std::move(runner);
  }
  PlanEngine& engine() {
    if (!engine_) engine_ = bundle::make_eager_engine({std::move(bundle_), std::move(waiting_)});
    return *engine_;
  }
  /// Reasons by the name of a component.
  static std::map<std::size_t, std::string> alone(const InSitu& made) {
    std::map<std::size_t, std::string> reasons;
    for (const auto& one : made.alone) reasons[one.component] = one.reason;
    return reasons;
  }

  MadeBundle made_;
  TemporaryFolder folder_;
  std::unique_ptr<Bundle> bundle_;
  std::unique_ptr<bundle::NodeRunner> waiting_;
  FakeRunner* runner_ = nullptr;

 private:
  std::unique_ptr<PlanEngine> engine_;
};

TEST_F(EagerEngineTest, CountsPassesThatAreDone) {
  const auto made = engine().partition(0);
  EXPECT_EQ(runner_->prepared.back(), (Pass{{{1}, false}, {{4}, false}}));
  EXPECT_GE(made.passes_per_launch, 1);
  EXPECT_EQ(made.workload->odometer().passes, 0);
  made.workload->launch();
  made.workload->launch();
  EXPECT_EQ(made.workload->odometer().passes, 2 * made.passes_per_launch);
  EXPECT_EQ(made.workload->passes_per_launch(), made.passes_per_launch);
}

TEST_F(EagerEngineTest, LaysOutAWeighing) {
  InSitu made = engine().in_situ(true);
  EXPECT_EQ(made.layout.components, (std::vector<std::string>{"layer", "act", "other"}));
  EXPECT_EQ(made.layout.component_of_call, (std::vector<std::optional<std::size_t>>{2, 0, 1, 0, 1}));
  EXPECT_EQ(made.layout.twin_of_call, (std::vector<std::size_t>{0, 3, 4, 1, 2}));
  EXPECT_EQ(made.layout.kind_of_call, (std::vector<std::size_t>{0, 1, 2, 1, 2}));
  EXPECT_TRUE(made.alone.empty());
  EXPECT_NO_THROW(check_layout(made.layout, 0.5));
  EXPECT_EQ(made.plain.passes_per_launch, made.preserved.passes_per_launch);
  EXPECT_EQ(made.plain.passes_per_launch % made.layout.passes, 0);
}

TEST_F(EagerEngineTest, MakesDosedWorkloads) {
  InSitu made = engine().in_situ(true);
  const std::size_t cells = 5 * static_cast<std::size_t>(made.layout.passes);
  Doses doses(cells, 0);
  doses[1] = -1;
  runner_->prepared.clear();
  const auto workload = made.dosed->make(doses);
  ASSERT_EQ(runner_->prepared.size(), static_cast<std::size_t>(made.layout.passes));
  EXPECT_EQ(runner_->prepared[0], (Pass{{{0, 2, 3, 4, 5, 6, 7}, true}}));
  EXPECT_EQ(runner_->prepared[1], (Pass{{{0, 1, 2, 3, 4, 5, 6, 7}, true}}));
  std::vector<int> times(8, 0);
  runner_->also = [&](std::size_t node) { times[node] += 1; };
  workload->launch();
  const int units = made.preserved.passes_per_launch / made.layout.passes;
  EXPECT_EQ(times[0] - times[1], units);  // once in every turn through the unrolled passes it is skipped
  EXPECT_EQ(times[0], made.preserved.passes_per_launch);
  expect_refused([&] { made.dosed->make({0, 0, 0}); }, {"3 doses for 5 calls"});
  expect_refused([&] { made.dosed->make(Doses(cells, -1)); }, {"leave nothing to run"});
}

TEST_F(EagerEngineTest, DoesNotDoseWhatWritesInPlace) {
  runner_->writes = {{4, 5}};  // layer.1 writes to what the act of layer.0 gave
  const auto reasons = alone(engine().in_situ(true));
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_NE(reasons.at(0).find("'layer.1' writes in place (aten::addmm) to a value that 'layer.0.act' made"),
            std::string::npos);
  EXPECT_TRUE(reasons.contains(1));
}

TEST_F(EagerEngineTest, DoesNotDoseWhatWritesToConstants) {
  runner_->writes = {{2, 1}};
  const auto reasons = alone(engine().in_situ(true));
  EXPECT_NE(reasons.at(1).find("what was there before the forward"), std::string::npos);
}

TEST_F(EagerEngineTest, MayDoseWhatWritesToItsOwnValues) {
  runner_->writes = {{3, 3}};  // the model's own work, to a value of its own; the trial sees no other output
  EXPECT_FALSE(alone(engine().in_situ(true)).contains(0));
}

TEST_F(EagerEngineTest, TriesWhatNoSchemaTells) {
  auto& made = engine();
  int runs = 0;
  runner_->also = [&](std::size_t node) {
    if (node == 2) runs = 0;  // before it in a pass, and in a loop of the component alone
    if (node == 5 && ++runs == 2) throw Error(ErrorKind::workload_failed, "a cache is full");
  };
  const auto reasons = alone(made.in_situ(true));
  EXPECT_EQ(reasons.size(), 1U);
  EXPECT_NE(reasons.at(1).find("doubled, it fails: a cache is full"), std::string::npos);
}

TEST_F(EagerEngineTest, SaysWhatHasNoWork) {
  EXPECT_TRUE(engine().components_without_work().empty());
  expect_refused([&] { engine().partition(7); }, {"Component 7", "no operator of its own"});
  expect_refused([&] { engine().isolated(7, IsolatedCache::warm); }, {"Component 7"});
  EXPECT_EQ(engine().replays_of(0), nullptr) << "nothing is replayed";
}

TEST_F(EagerEngineTest, TellsWhereAnOutputIsAnother) {
  const auto wrong = engine().verify();  // the fake's numbers are not the model's
  ASSERT_EQ(wrong.size(), 1U);
  EXPECT_EQ(wrong[0].tensor, "o0");
  EXPECT_NE(wrong[0].difference.find("shape [], expected float32 of shape [2]"), std::string::npos);
}

}  // namespace
}  // namespace clear_native::testing
