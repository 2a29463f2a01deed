#include <gtest/gtest.h>

#include "bundle/plan_memory.hpp"
#include "bundle/withheld_blocks.hpp"
#include "made_bundle.hpp"

namespace clear_native::testing {
namespace {

using bundle::CaptureRequest;
using bundle::FreeBlock;
using bundle::MemoryOfValues;
using Sizes = std::vector<std::size_t>;

class PlanMemoryTest : public ::testing::Test {
 protected:
  PlanMemoryTest()
      : manifest_(bundle::read_manifest(made_.with_checksums().dump(), "manifest.json")),
        plan_(bundle::read_plan(made_.files.at("plan.json"), "plan.json", manifest_.calls.size())) {
    for (std::size_t id = 0; id < plan_.values; ++id) memory_.emplace_back(id);
  }

  MadeBundle made_;
  bundle::Manifest manifest_;
  bundle::Plan plan_;
  MemoryOfValues memory_;
};

TEST_F(PlanMemoryTest, CutsWhereTheComponentChanges) {
  EXPECT_EQ(stretch_of_nodes(manifest_, plan_), (Sizes{0, 1, 2, 3, 4, 5, 6, 6}));
  manifest_.calls[2].component = 0;  // both calls of the first layer are of one component now
  EXPECT_EQ(stretch_of_nodes(manifest_, plan_), (Sizes{0, 1, 1, 2, 3, 4, 5, 5}));
}

TEST_F(PlanMemoryTest, SharesWhatOneStretchUses) {
  const CaptureRequest request = keeping_what_crosses(manifest_, plan_, memory_);
  EXPECT_TRUE(request.keeps);
  EXPECT_EQ(request.scratch, (std::vector<bool>{false, false, false, false, false, false, false, true}));
  EXPECT_EQ(request.freed[7], (Sizes{10}));
  for (std::size_t node = 0; node < 7; ++node) EXPECT_TRUE(request.freed[node].empty()) << node;
  manifest_.calls[2].component = 0;
  const CaptureRequest merged = keeping_what_crosses(manifest_, plan_, memory_);
  EXPECT_TRUE(merged.scratch[1]);
  EXPECT_EQ(merged.freed[2], (Sizes{4}));
}

TEST_F(PlanMemoryTest, ViewsCrossWithTheirMemory) {
  manifest_.calls[2].component = 0;
  memory_[5] = 4;  // an activation in place: what it gives lies in what the layer gave, and is read later
  const CaptureRequest request = keeping_what_crosses(manifest_, plan_, memory_);
  EXPECT_FALSE(request.scratch[1]);
  EXPECT_TRUE(request.scratch[2]) << "it makes no memory of its own";
  EXPECT_TRUE(request.freed[2].empty());
}

TEST_F(PlanMemoryTest, ViewsOfWhatWasThereAreNobodys) {
  memory_[3] = 0;  // of the input
  const CaptureRequest request = keeping_what_crosses(manifest_, plan_, memory_);
  EXPECT_TRUE(request.scratch[0]);
  EXPECT_TRUE(request.freed[0].empty() && request.freed[1].empty());
}

TEST_F(PlanMemoryTest, LetsGoAsTheModelDoes) {
  const CaptureRequest request = as_the_model(plan_);
  EXPECT_FALSE(request.keeps);
  EXPECT_TRUE(request.scratch.empty());
  EXPECT_EQ(request.freed, (std::vector<Sizes>{{}, {3}, {4}, {5}, {6}, {7}, {}, {8, 10}}));  // 9 is the output
  const CaptureRequest all = keeping_all(plan_);
  EXPECT_TRUE(all.keeps && all.scratch.empty());
  EXPECT_EQ(all.freed, std::vector<Sizes>(8));
}

TEST_F(PlanMemoryTest, CountsWeightsThatAreReadWholeOnce) {
  EXPECT_EQ(bytes_of_weights(plan_, {16, 8}), 24U);
  plan_.nodes[1].op = plan_.nodes[4].op = "aten::embedding";  // of both constants only rows are looked up
  EXPECT_EQ(bytes_of_weights(plan_, {16, 8}), 0U);
  plan_.nodes[1].op = "aten::addmm";
  plan_.constants[1].tensor = plan_.constants[0].tensor;
  EXPECT_EQ(bytes_of_weights(plan_, {16, 16}), 16U);
}

TEST_F(PlanMemoryTest, TellsWhoWritesToWhatOthersMade) {
  std::vector<Sizes> written(8);
  written[4] = {5};  // layer.1 to what the act of layer.0 gave
  written[5] = {2};  // act to a constant
  written[6] = {6};  // the model to a value of its own
  const auto found = mutations(manifest_, plan_, written, memory_);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].node, 4U);
  EXPECT_EQ(found[0].writer, 0U);
  EXPECT_EQ(found[0].owner, 1U);
  EXPECT_EQ(found[1].writer, 1U);
  EXPECT_FALSE(found[1].owner);
}

/// As tests/test_plug_sizes.py has it for Python.
TEST(WithheldBlocks, TakeWholePiecesFirst) {
  constexpr std::size_t mib = std::size_t{1} << 20U;
  EXPECT_EQ(bundle::withheld_sizes({{2 * mib, true}}), (Sizes{mib, mib}));
  EXPECT_EQ(bundle::withheld_sizes({{mib + 512, true}, {512, true}, {3 * mib, false}}),
            (Sizes{mib, 512, 512, 3 * mib}));
  EXPECT_TRUE(bundle::withheld_sizes({{mib, false}}).empty()) << "no request is served from it";
  EXPECT_TRUE(bundle::withheld_sizes({}).empty());
}

}  // namespace
}  // namespace clear_native::testing
