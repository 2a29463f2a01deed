#include <memory>
#include <vector>

#include "cuda/buffer_sums.hpp"
#include "cuda/dosed_replays.hpp"
#include "gpu_fixture.hpp"

namespace clear_native::cuda {
namespace {

class GpuDosedTest : public GpuTest {
 protected:
  /// Calls that set one byte each, one after another, each spinning a little.
  Parts calls(int count) {
    const CUgraph graph = capture([&] {
      for (int i = 0; i < count; ++i) {
        spin(2e-4);
        set_byte(static_cast<std::size_t>(i), static_cast<unsigned char>(i + 1));
      }
    });
    model_ = ModelGraph::create(context_, reinterpret_cast<std::uintptr_t>(graph), {});
    Parts parts;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      parts.push_back(Subgraph::create(model_, {2 * i, 2 * i + 1}));
    }
    return parts;
  }

  std::shared_ptr<const ModelGraph> model_;
};

TEST_F(GpuDosedTest, SumsSeeEveryByteAndNothingElse) {
  calls(1);  // so that the fixture's memory exists and is 0
  BufferSums sums(context_, stream(), {buffer(0, 1001), buffer(1008, 16)});
  const std::vector<std::uint64_t> zero = sums.read();
  EXPECT_EQ(sums.read(), zero);
  for (const std::size_t index : {0U, 7U, 8U, 500U, 999U, 1000U}) {
    set_byte(index, 3);
    const std::vector<std::uint64_t> changed = sums.read();
    EXPECT_NE(changed[0], zero[0]) << index;
    EXPECT_EQ(changed[1], zero[1]) << index;
    set_byte(index, 0);
    EXPECT_EQ(sums.read(), zero) << index;
  }
  set_byte(1001, 3);  // behind the first buffer
  EXPECT_EQ(sums.read(), zero);
}

TEST_F(GpuDosedTest, DosesRunAndSkipRealWork) {
  const Parts parts = calls(3);
  DosedReplays dosed(stream(), parts, {{.call = 0, .after = 0}, {.call = 1, .after = 1}, {.call = 2, .after = 2}},
                     {.passes = 2});
  EXPECT_NEAR(dosed.time_per_pass_s(), 6e-4, 3e-4);
  for (std::size_t i = 0; i < 3; ++i) set_byte(i, 0);
  dosed.run_once({0, -1, 0, 0, -1, 1});
  EXPECT_EQ(byte(0), 1);
  EXPECT_EQ(byte(1), 0);
  EXPECT_EQ(byte(2), 3);
  EXPECT_TRUE(dosed.watch({buffer(0, 64)}).empty());
  set_byte(1, 9);
  EXPECT_EQ(dosed.changed(), 1U);
  dosed.set_restores(true);
  EXPECT_EQ(dosed.changed(), 0U);  // the chain wrote it again
  const auto workload = dosed.make({1, 1, 1, 1, 1, 1});
  workload->launch();
  workload->drain();
  EXPECT_EQ(workload->odometer().passes, workload->passes_per_launch());
}

}  // namespace
}  // namespace clear_native::cuda
