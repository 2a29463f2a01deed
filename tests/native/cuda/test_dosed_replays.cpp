#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cuda/dosed_replays.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

/// A chain of three calls, a b c, of which b takes c as its second run and c takes a at the pass's begin.
class DosedReplaysTest : public CudaTest {
 protected:
  DosedReplaysTest() : graph_(fake()) {
    fake().count_time_by_costs();
    for (const char* name : {"a", "b", "c"}) fake().set_cost_s(name, 1e-3);
    graph_.chain({"a", "b", "c"});
    model_ = graph_.model(context_);
  }
  Parts calls() { return {part_of(model_, {"a"}), part_of(model_, {"b"}), part_of(model_, {"c"})}; }
  static std::vector<SecondRun> second() {
    return {{.call = 0, .after = 0}, {.call = 2, .after = 1}, {.call = 0, .after = 0}};
  }
  std::unique_ptr<DosedReplays> dosed(int passes) {
    return std::make_unique<DosedReplays>(stream(), calls(), second(), DosedReplaysOptions{.passes = passes});
  }
  /// Letters of the calls that ran since the log was cleared.
  std::string ran() {
    std::string letters;
    for (const std::string& line : fake().log()) {
      if (line.size() > 1 && line[1] == '(') letters += line[0];
    }
    return letters;
  }
  std::string run(DosedReplays& replays, const Doses& doses) {
    const auto workload = replays.make(doses);
    fake().clear_log();
    workload->launch();
    workload->drain();
    return ran();
  }

  GraphBuilder graph_;
  std::shared_ptr<const ModelGraph> model_;
};

TEST_F(DosedReplaysTest, RunsWhatTheDosesSay) {
  const auto replays = dosed(2);
  EXPECT_EQ(run(*replays, {0, 0, 0, 0, 0, 0}), "abcabc");
  EXPECT_EQ(run(*replays, {-1, 0, 0, 0, -1, 0}), "bcac");
  EXPECT_EQ(run(*replays, {1, 0, 0, 0, 0, 0}), "aabcabc");
  EXPECT_EQ(run(*replays, {0, 1, 0, 0, 0, 0}), "abccabc");  // its second run is c's work
  EXPECT_EQ(run(*replays, {0, 0, 0, 0, 0, 1}), "abcaabc");  // at its own place in the pass
  EXPECT_EQ(run(*replays, {-1, 0, 1, 0, 0, 0}), "abcabc");  // also where the call at that place is skipped
}

TEST_F(DosedReplaysTest, TellsWhatRunsAndForHowLong) {
  const auto replays = dosed(2);
  EXPECT_TRUE(replays->runs({0, 0, 0, 0, 0, 0}).empty()) << "calls are not timed yet";
  fake().set_cost_s("b", 4e-3);
  replays->time_calls({0, 1, 0}, {false, false, false});  // the chain took 3 ms, so b two of them
  const std::vector<CallRun> runs = replays->runs({-1, 1, 0, 0, 0, 0});
  ASSERT_EQ(runs.size(), 6U);
  const std::vector<std::size_t> order = {1, 2, 2, 0, 1, 2};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    EXPECT_EQ(runs[i].call, order[i]) << i;
    EXPECT_NEAR(runs[i].time_s, order[i] == 1 ? 2e-3 : 0.5e-3, 0.05e-3) << i;
  }
  replays->time_calls({0, 1, 0}, {false, true, false});
  EXPECT_NEAR(replays->runs(Doses(6, 0))[1].time_s, 1e-3, 0.05e-3) << "as in the chain";
  expect_error(ErrorKind::bad_input, {"2 and skips of 3", "there are 3"},
               [&] { replays->time_calls({0, 1}, {false, false, false}); });
}

TEST_F(DosedReplaysTest, CountsPassesOfTheModel) {
  const auto replays = dosed(2);
  const auto workload = replays->make({0, 1, -1, 0, 0, 0});
  EXPECT_EQ(workload->passes_per_launch(), 2.0);
  EXPECT_EQ(workload->odometer().passes, 0.0);
  for (int i = 0; i < 3; ++i) workload->launch();
  workload->drain();
  EXPECT_EQ(workload->odometer().passes, 6.0);
  EXPECT_NEAR(replays->time_per_pass_s(), 3e-3, 1e-4);
}

TEST_F(DosedReplaysTest, ShortPassesFillALaunch) {
  for (const char* name : {"a", "b", "c"}) fake().set_cost_s(name, 1e-4);
  const auto replays = dosed(2);
  const auto workload = replays->make(Doses(6, 0));
  EXPECT_GE(workload->passes_per_launch() * 3e-4, 2e-3);
  EXPECT_EQ(static_cast<int>(workload->passes_per_launch()) % 2, 0);
}

TEST_F(DosedReplaysTest, LongPassesAreCountedInside) {
  for (const char* name : {"a", "b", "c"}) fake().set_cost_s(name, 6e-3);
  const auto replays = dosed(2);
  fake().clear_log();
  const auto workload = replays->make(Doses(6, 0));
  const std::size_t before = fake().log().size();
  workload->launch();
  workload->drain();
  const std::vector<std::string> log = fake().log();
  const auto marks = std::count(log.begin() + static_cast<std::ptrdiff_t>(before), log.end(), "clear_odometer");
  EXPECT_GE(marks, 5);  // 36 ms in pieces of 6
  EXPECT_EQ(workload->odometer().passes, 2.0);
}

TEST_F(DosedReplaysTest, ChangedBuffersAreCounted) {
  const auto replays = dosed(1);
  EXPECT_EQ(replays->changed(), 0U);  // nothing is watched yet
  std::vector<std::uint64_t> one(10, 1);
  std::vector<std::uint64_t> other(10, 2);
  const auto address = [](const std::vector<std::uint64_t>& words) {
    return reinterpret_cast<std::uintptr_t>(words.data());
  };
  fake().clear_log();
  const DeviceBuffer first{.address = address(one), .bytes = 80};
  const DeviceBuffer second_one{.address = address(other), .bytes = 80};
  EXPECT_TRUE(replays->watch({first, second_one}).empty());
  EXPECT_EQ(ran(), "abcabc");  // the reference, and the same again
  EXPECT_EQ(replays->changed(), 0U);
  one[3] = 5;
  EXPECT_EQ(replays->changed(), 1U);
  other[9] = 5;
  EXPECT_EQ(replays->changed(), 2U);
  fake().clear_log();
  replays->set_restores(true);
  EXPECT_EQ(replays->changed(), 2U);
  EXPECT_EQ(ran(), "abc");  // a pass that could have brought them back
}

TEST_F(DosedReplaysTest, BadInputSaysWhatIsExpected) {
  expect_error(ErrorKind::bad_input, {"at least one call"},
               [&] { DosedReplays(stream(), {}, {}, DosedReplaysOptions{}); });
  expect_error(ErrorKind::bad_input, {"second run"},
               [&] { DosedReplays(stream(), calls(), {{.call = 0, .after = 0}}); });
  expect_error(ErrorKind::bad_input, {"second run"},
               [&] { DosedReplays(stream(), calls(), {{.call = 3, .after = 0}, {}, {}}); });
  expect_error(ErrorKind::bad_input, {"0 passes"}, [&] { dosed(0); });
  expect_error(ErrorKind::bad_input, {"2 passes would fit"},
               [&] { DosedReplays(stream(), calls(), second(), DosedReplaysOptions{.passes = 4, .max_nodes = 12}); });
  const auto replays = dosed(2);
  expect_error(ErrorKind::bad_input, {"5 cells", "2 passes of 3 calls"}, [&] { replays->make(Doses(5, 0)); });
  expect_error(ErrorKind::bad_input, {"skip every call"}, [&] { replays->make(Doses(6, -1)); });
}

TEST_F(DosedReplaysTest, NothingIsLeftBehind) {
  const fake_cuda::LiveObjects before = fake().live_objects();
  {
    const auto replays = dosed(2);
    std::vector<std::uint64_t> words(10, 1);
    replays->watch({{.address = reinterpret_cast<std::uintptr_t>(words.data()), .bytes = 80}});
    run(*replays, {0, 1, -1, 0, 0, 0});
  }
  EXPECT_EQ(fake().live_objects().execs, before.execs);
  EXPECT_EQ(fake().live_objects().allocations, before.allocations);
}

}  // namespace
}  // namespace clear_native::cuda
