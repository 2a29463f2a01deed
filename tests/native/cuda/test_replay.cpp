#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <thread>

#include "cuda/driver.hpp"
#include "cuda/replay.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

using Names = std::vector<std::string>;

class ReplayTest : public CudaTest {
 protected:
  ReplayTest() : graph_(fake()) {
    fake().count_time_by_costs();
    graph_.chain({"a", "b", "c", "d", "e", "f"});
    model_ = graph_.model(context_);
  }

  std::shared_ptr<const Subgraph> part(const Names& names) { return part_of(model_, names); }

  /// Nothing runs before the first launch; the log begins empty.
  std::unique_ptr<Replay> quiet(Parts parts, int passes, ReplayShape shape = ReplayShape::chain) {
    ReplayOptions options;
    options.shape = shape;
    options.passes_per_launch = passes;
    options.calibrate = false;
    auto replay = Replay::create(stream(), std::move(parts), options);
    fake().clear_log();
    return replay;
  }

  std::unique_ptr<Replay> calibrated(Parts parts, int passes, ReplayShape shape = ReplayShape::chain) {
    ReplayOptions options;
    options.shape = shape;
    options.passes_per_launch = passes;
    auto replay = Replay::create(stream(), std::move(parts), options);
    fake().clear_log();
    return replay;
  }

  void run(Replay& replay, int launches) {
    for (int i = 0; i < launches; ++i) replay.launch();
    replay.drain();
  }

  /// What ran, without the engine's own kernels: "a(0)" becomes "a".
  Names ran() {
    Names names;
    for (const std::string& entry : fake().log()) {
      if (entry.rfind("clear_", 0) != 0) names.push_back(entry.substr(0, entry.find('(')));
    }
    return names;
  }

  std::ptrdiff_t count(const std::string& entry) {
    const Names log = fake().log();
    return std::count(log.begin(), log.end(), entry);
  }

  static Names repeated(const Names& pass, int times) {
    Names all;
    for (int i = 0; i < times; ++i) all.insert(all.end(), pass.begin(), pass.end());
    return all;
  }

  GraphBuilder graph_;
  std::shared_ptr<const ModelGraph> model_;
};

TEST_F(ReplayTest, ChainRunsItsPassesInOrderWithAMarkBehindEach) {
  const auto replay = quiet({part({"a", "b"}), part({"c"})}, 3);
  EXPECT_TRUE(fake().log().empty());
  run(*replay, 1);
  EXPECT_EQ(fake().log(), repeated({"a(0)", "b(1)", "c(2)", "clear_odometer"}, 3));
}

TEST_F(ReplayTest, PartsMayRepeatAndComeInAnyOrder) {
  const auto twice = part({"c", "d"});
  const auto replay = quiet({twice, part({"a"}), twice}, 1);
  run(*replay, 2);
  EXPECT_EQ(ran(), repeated({"c", "d", "a", "c", "d"}, 2));
}

TEST_F(ReplayTest, OdometerEqualsPasses) {
  const auto replay = quiet({part({"a", "b"})}, 5);
  EXPECT_EQ(replay->odometer().passes, 0.0);
  EXPECT_EQ(replay->passes_per_launch(), 5.0);
  run(*replay, 3);
  EXPECT_EQ(replay->odometer().passes, 15.0);
  run(*replay, 1);
  EXPECT_EQ(replay->odometer().passes, 20.0);
  EXPECT_EQ(count("a(0)"), 20);
}

TEST_F(ReplayTest, CalibrationRunsAreNotCounted) {
  const auto replay = calibrated({part({"a", "b"})}, 40);
  EXPECT_EQ(replay->odometer().passes, 0.0);
  ASSERT_TRUE(replay->time_per_pass_s().has_value());
  EXPECT_GT(*replay->time_per_pass_s(), 0.0);
  run(*replay, 2);
  EXPECT_EQ(replay->odometer().passes, 80.0);
  EXPECT_EQ(ran(), repeated({"a", "b"}, 80));
}

TEST_F(ReplayTest, KnownTimePutsOneMarkBehindManyShortPasses) {
  ReplayOptions options;
  options.passes_per_launch = 100;
  options.time_per_pass_s = 1e-6;
  options.calibrate = false;
  const auto replay = Replay::create(stream(), {part({"a"})}, options);
  fake().clear_log();
  run(*replay, 2);
  EXPECT_EQ(count("clear_odometer"), 2);
  EXPECT_EQ(replay->odometer().passes, 200.0);
}

TEST_F(ReplayTest, OdometerCountsInsideLongPasses) {
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) fake().set_cost_s(name, 4e-3);
  const auto replay = calibrated({part({"a", "b", "c", "d", "e", "f"})}, 1);
  EXPECT_EQ(replay->marks_per_pass(), 6);
  std::set<double> seen;
  replay->launch();
  while (replay->odometer().passes < 1.0) {
    seen.insert(replay->odometer().passes);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  replay->drain();
  EXPECT_EQ(replay->odometer().passes, 1.0);
  EXPECT_EQ(ran(), (Names{"a", "b", "c", "d", "e", "f"}));
  int inside = 0;
  for (const double passes : seen) {
    if (passes <= 0 || passes >= 1) continue;
    ++inside;
    const double sixths = passes * 6;  // all kernels take equally long
    EXPECT_NEAR(sixths, std::round(sixths), 1e-3) << passes;
  }
  EXPECT_GE(inside, 3);
}

TEST_F(ReplayTest, TimesOfUnequalNodesAreLearned) {
  fake().set_cost_s("b", 8e-3);
  fake().set_cost_s("e", 3e-3);
  const auto replay = calibrated({part({"a", "b", "c", "d", "e", "f"})}, 1);
  const std::vector<double>& times = replay->node_time_s();
  ASSERT_EQ(times.size(), 6U);
  EXPECT_NEAR(times[1], 8e-3, 1e-5);
  EXPECT_NEAR(*replay->time_per_pass_s(), 11e-3, 1e-5);
  EXPECT_GE(replay->marks_per_pass(), 2);
  run(*replay, 2);
  EXPECT_EQ(replay->odometer().passes, 2.0);
  EXPECT_EQ(ran(), repeated({"a", "b", "c", "d", "e", "f"}, 2));
}

TEST_F(ReplayTest, CutPartsRunLikeWholeOnes) {
  GraphBuilder graph(fake());
  graph.kernel("p")
      .kernel("q1", {"p"})
      .kernel("r1", {"p"})
      .kernel("q2", {"q1"})
      .kernel("r2", {"r1"})
      .kernel("s", {"q2", "r2"});
  const auto model = graph.model(context_);
  const Names in_order = names_of(*model);
  ReplayOptions options;
  options.calibrate = false;
  options.node_time_s = std::vector<double>(6, 1e-3);
  options.mark_interval_s = 2e-3;
  const auto replay = Replay::create(stream(), {part_of(model, in_order)}, options);
  EXPECT_EQ(replay->marks_per_pass(), 3);
  fake().clear_log();
  run(*replay, 1);
  EXPECT_EQ(ran(), in_order);
  EXPECT_EQ(replay->odometer().passes, 1.0);
}

TEST_F(ReplayTest, LoopTurnsUntilItsPassesAreDone) {
  const auto replay = quiet({part({"a", "b"})}, 40, ReplayShape::while_loop);
  EXPECT_EQ(replay->passes_per_launch(), 42.0);  // three turns of 14
  run(*replay, 1);
  EXPECT_EQ(ran(), repeated({"a", "b"}, 42));
  EXPECT_EQ(count("clear_reset_turns"), 1);
  EXPECT_EQ(count("clear_while_condition"), 3);
  EXPECT_EQ(replay->odometer().passes, 42.0);
  run(*replay, 2);
  EXPECT_EQ(replay->odometer().passes, 126.0);
  EXPECT_EQ(ran().size(), 252U);
}

TEST_F(ReplayTest, CalibratedLoopCountsExactly) {
  const auto replay = calibrated({part({"a", "b"})}, 100, ReplayShape::while_loop);
  const double per_launch = replay->passes_per_launch();
  EXPECT_GE(per_launch, 100.0);
  run(*replay, 3);
  EXPECT_EQ(replay->odometer().passes, 3 * per_launch);
  EXPECT_EQ(ran().size(), static_cast<std::size_t>(6 * per_launch));
}

TEST_F(ReplayTest, LoopOfLongPassesCountsInsideThem) {
  for (const char* name : {"a", "b", "c"}) fake().set_cost_s(name, 3e-3);
  const auto replay = calibrated({part({"a", "b", "c"})}, 2, ReplayShape::while_loop);
  EXPECT_EQ(replay->marks_per_pass(), 3);
  run(*replay, 1);
  EXPECT_EQ(replay->odometer().passes, 2.0);
  EXPECT_EQ(ran(), repeated({"a", "b", "c"}, 2));
}

TEST_F(ReplayTest, StopRequestEndsEveryQueuedLoopAfterOneTurnAndIsTakenBack) {
  const auto replay = quiet({part({"a"})}, 160, ReplayShape::while_loop);
  fake().hold();
  for (int i = 0; i < 3; ++i) replay->launch();
  replay->request_stop();
  fake().release();
  replay->drain();
  EXPECT_EQ(replay->odometer().passes, 3 * 16.0);
  run(*replay, 1);
  EXPECT_EQ(replay->odometer().passes, 3 * 16.0 + 160.0);
}

TEST_F(ReplayTest, StopRequestEndsALoopThatIsRunning) {
  fake().set_cost_s("a", 1e-3);
  const auto replay = quiet({part({"a"})}, 16'000, ReplayShape::while_loop);  // 16 s
  replay->launch();
  while (replay->odometer().passes < 16) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  replay->request_stop();
  replay->drain();
  EXPECT_LT(replay->odometer().passes, 8000.0);
  EXPECT_EQ(std::fmod(replay->odometer().passes, 16.0), 0.0);
}

TEST_F(ReplayTest, RoomIsWaitedForFiftyMillisecondsAtMost) {
  const auto replay = quiet({part({"a"})}, 1);
  double look_again_s = 1;
  EXPECT_TRUE(replay->wait_for_room(look_again_s));
  fake().hold();
  for (int i = 0; i < 4; ++i) replay->launch();
  EXPECT_FALSE(replay->wait_for_room(look_again_s));
  EXPECT_EQ(look_again_s, 0.0);
  fake().release();
  EXPECT_TRUE(replay->wait_for_room(look_again_s));
  replay->drain();
  EXPECT_EQ(count("a(0)"), 4);
}

TEST_F(ReplayTest, ReplaysOfOneStreamCountForThemselves) {
  const auto one = quiet({part({"a"})}, 2);
  const auto other = quiet({part({"b"})}, 3);
  run(*one, 2);
  run(*other, 1);
  EXPECT_EQ(one->odometer().passes, 4.0);
  EXPECT_EQ(other->odometer().passes, 3.0);
}

}  // namespace
}  // namespace clear_native::cuda
