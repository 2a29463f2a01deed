#include "cuda/context.hpp"
#include "cuda/driver.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class ContextTest : public CudaTest {};

TEST_F(ContextTest, PropertiesAreTheDevices) {
  const DeviceProperties& properties = context_->properties();
  EXPECT_EQ(properties.ordinal, 0);
  EXPECT_EQ(properties.name, "Fake GPU 0");
  EXPECT_EQ(properties.uuid, "GPU-a0a1a2a3-a4a5-a6a7-a8a9-aaabacadae00");
  EXPECT_EQ(properties.compute_major, 9);
  EXPECT_EQ(properties.compute_minor, 0);
  EXPECT_EQ(properties.l2_bytes, 50U << 20U);
  EXPECT_EQ(properties.sm_count, 132);
  EXPECT_EQ(properties.driver_version, 13000);
}

TEST_F(ContextTest, DeviceIsFoundByUuidWithAndWithoutPrefixInAnyCase) {
  fake().set_device_count(3);
  EXPECT_EQ(PrimaryContext::of_uuid("GPU-a0a1a2a3-a4a5-a6a7-a8a9-aaabacadae02")->properties().ordinal, 2);
  EXPECT_EQ(PrimaryContext::of_uuid("A0A1A2A3-A4A5-A6A7-A8A9-AAABACADAE01")->properties().ordinal, 1);
}

TEST_F(ContextTest, UnknownUuidIsAnErrorThatListsTheKnownOnes) {
  expect_error(ErrorKind::bad_input, {"GPU-1234", "GPU-a0a1a2a3-a4a5-a6a7-a8a9-aaabacadae00", "CUDA_VISIBLE_DEVICES"},
               [] { PrimaryContext::of_uuid("GPU-1234"); });
}

TEST_F(ContextTest, OrdinalOutOfRangeIsAnError) {
  fake().set_device_count(2);
  EXPECT_EQ(device_count(), 2);
  expect_error(ErrorKind::bad_input, {"device 2", "2"}, [] { PrimaryContext::of_ordinal(2); });
  expect_error(ErrorKind::bad_input, {"-1"}, [] { PrimaryContext::of_ordinal(-1); });
}

TEST_F(ContextTest, RetainedContextsAreReleased) {
  const int before = fake().live_objects().contexts;
  {
    const auto one = PrimaryContext::of_ordinal(0);
    const auto two = PrimaryContext::of_ordinal(0);
    EXPECT_EQ(fake().live_objects().contexts, before + 2);
  }
  EXPECT_EQ(fake().live_objects().contexts, before);
}

TEST_F(ContextTest, ScopeIsCurrentInsideAndGoneOutside) {
  CUevent event = nullptr;
  EXPECT_EQ(driver().EventCreate(&event, CU_EVENT_DISABLE_TIMING), CUDA_ERROR_INVALID_CONTEXT);
  {
    const ContextScope scope(*context_);
    EXPECT_EQ(driver().EventCreate(&event, CU_EVENT_DISABLE_TIMING), CUDA_SUCCESS);
  }
  driver().EventDestroy(event);
  EXPECT_EQ(driver().EventCreate(&event, CU_EVENT_DISABLE_TIMING), CUDA_ERROR_INVALID_CONTEXT);
}

TEST_F(ContextTest, OutOfMemoryWhileRetainingIsTyped) {
  fake().fail("cuDevicePrimaryCtxRetain", CUDA_ERROR_OUT_OF_MEMORY);
  expect_error(ErrorKind::device_out_of_memory, {"primary context"}, [] { PrimaryContext::of_ordinal(0); });
}

}  // namespace
}  // namespace clear_native::cuda
