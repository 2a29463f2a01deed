#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/sensor/nvml_source.hpp"
#include "fake_nvml_fixture.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::fake_uuid;
using testing::FakeNvml;
using testing::thrown_by;

class NvmlSourceTest : public FakeNvml {};

TEST_F(NvmlSourceTest, FieldsAndSamplesAsTheDriverHasThem) {
  NvmlSource source(fake_uuid);
  EXPECT_EQ(NvmlSource::field_names(), (std::vector<std::string>{"instant", "usage"}));
  EXPECT_EQ(source.field_power_w("instant"), 250.0);
  EXPECT_EQ(source.field_power_w("usage"), 250.0);
  std::vector<PowerSample> samples;
  for (int turn = 0; turn < 100 && samples.empty(); ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    samples = source.samples();
  }
  ASSERT_FALSE(samples.empty());
  EXPECT_EQ(samples.front().power_w, 250.0);
}

TEST_F(NvmlSourceTest, WhatMayNotBeReadIsAsGoodAsNotThere) {
  control->fail[FAKE_NVML_FIELD_VALUES] = 4;
  control->fail[FAKE_NVML_SAMPLES] = 4;
  NvmlSource source(fake_uuid);
  EXPECT_FALSE(source.field_power_w("instant").has_value());
  EXPECT_EQ(source.field_power_w("usage"), 250.0);
  EXPECT_TRUE(source.samples().empty());
}

TEST_F(NvmlSourceTest, ADriverWithoutThem) {
  use_library("libnvidia-ml-fake-bare.so");
  NvmlSource source(fake_uuid);
  EXPECT_FALSE(source.field_power_w("instant") || source.field_power_w("usage"));
  EXPECT_TRUE(source.samples().empty());
}

TEST_F(NvmlSourceTest, ADeviceThatIsLostIsAnError) {
  NvmlSource source(fake_uuid);
  control->fail[FAKE_NVML_FIELD_VALUES] = 15;
  EXPECT_EQ(thrown_by([&] { EXPECT_FALSE(source.field_power_w("instant").has_value()); }).kind, ErrorKind::device_lost);
  EXPECT_EQ(thrown_by([] { NvmlSource("GPU-none"); }).kind, ErrorKind::sensor_unsupported);
}

}  // namespace
}  // namespace clear_native
