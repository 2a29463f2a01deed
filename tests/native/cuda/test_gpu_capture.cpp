#include "core/errors.hpp"
#include "cuda/capture_frontier.hpp"
#include "cuda/driver.hpp"
#include "cuda/replay.hpp"
#include "gpu_fixture.hpp"

namespace clear_native::cuda {
namespace {

class GpuCaptureTest : public GpuTest {
 protected:
  /// spin | set byte 0, spin | set byte 1; the middle is a span.
  std::shared_ptr<const ModelGraph> captured() {
    Span span{"middle", std::nullopt, {}, {}};
    const CUgraph graph = capture([&] {
      spin(1e-5);
      span.entry = capture_frontier(stream());
      set_byte(0, 11);
      spin(2e-5);
      span.exit = capture_frontier(stream());
      set_byte(1, 22);
    });
    return ModelGraph::create(context_, reinterpret_cast<std::uintptr_t>(graph), {span});
  }
};

TEST_F(GpuCaptureTest, PropertiesMakeSense) {
  const DeviceProperties& properties = context_->properties();
  EXPECT_EQ(properties.uuid.size(), 40U) << properties.uuid;
  EXPECT_GT(properties.sm_count, 0);
  EXPECT_GT(properties.l2_bytes, 0U);
  EXPECT_GE(properties.compute_major, 7);
  EXPECT_EQ(PrimaryContext::of_uuid(properties.uuid)->properties().ordinal, 0);
}

TEST_F(GpuCaptureTest, ModelGraphKnowsItsNodesNamesAndSpans) {
  const auto model = captured();
  ASSERT_EQ(model->nodes().size(), 4U);
  EXPECT_EQ(model->nodes()[0].type, NodeType::kernel);
  EXPECT_EQ(model->nodes()[1].type, NodeType::memset);
  EXPECT_EQ(model->nodes()[3].type, NodeType::memset);
  if (driver().FuncGetName != nullptr) {
    EXPECT_EQ(model->nodes()[0].kernel_name, "clear_spin");
  }
  EXPECT_EQ(model->nodes()[2].block.x, 32U);
  EXPECT_EQ(model->nodes()[0].span, std::nullopt);
  EXPECT_EQ(model->nodes()[1].span, 0U);
  EXPECT_EQ(model->nodes()[2].span, 0U);
  EXPECT_EQ(model->nodes()[3].span, std::nullopt);
  EXPECT_EQ(model->segments().size(), 3U);
}

TEST_F(GpuCaptureTest, PartDoesItsOwnWorkAndNoOther) {
  const auto model = captured();
  ReplayOptions options;
  options.calibrate = false;
  const auto middle = Replay::create(stream(), {Subgraph::create(model, {1, 2})}, options);
  middle->launch();
  middle->drain();
  EXPECT_EQ(byte(0), 11);
  EXPECT_EQ(byte(1), 0);
  const auto rest = Replay::create(stream(), {Subgraph::create(model, {0, 3})}, options);
  set_byte(0, 0);
  rest->launch();
  rest->drain();
  EXPECT_EQ(byte(0), 0);
  EXPECT_EQ(byte(1), 22);
}

TEST_F(GpuCaptureTest, StreamThatDoesNotCaptureIsATypedError) {
  EXPECT_THROW(capture_frontier(stream()), Error);
}

}  // namespace
}  // namespace clear_native::cuda
