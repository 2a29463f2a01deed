#include <gtest/gtest.h>

#include "core/meters/nvml_device.hpp"
#include "fake_nvml_fixture.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::fake_uuid;
using testing::FakeNvml;
using testing::thrown_by;

class NvmlDeviceTest : public FakeNvml {};

TEST_F(NvmlDeviceTest, ReadsItsPowerFields) {
  control->virtual_ns = 10'000'000'000;
  control->load_from_ns = 9'500'000'000;
  control->load_until_ns = 20'000'000'000;
  control->load_power_mw = 650'000;
  control->averaging_ns = 1'000'000'000;
  const NvmlDevice device(fake_uuid);
  EXPECT_EQ(device.power_instant_w(), 650);
  EXPECT_EQ(device.power_usage_w(), 450) << "the mean of the second before";
}

TEST_F(NvmlDeviceTest, FieldsThatAreNotThereAreAbsent) {
  const NvmlDevice device(fake_uuid);
  for (const std::uint32_t absent : {2U, 3U, 6U}) {
    control->fail[FAKE_NVML_FIELD_VALUES] = absent;
    control->fail[FAKE_NVML_POWER_USAGE] = absent;
    EXPECT_FALSE(device.power_instant_w());
    EXPECT_FALSE(device.power_usage_w());
  }
  use_library("libnvidia-ml-fake-bare.so");
  const NvmlDevice bare(fake_uuid);
  EXPECT_FALSE(bare.power_instant_w());
  EXPECT_FALSE(bare.power_usage_w());
  EXPECT_EQ(bare.samples_kept(), 0U);
}

TEST_F(NvmlDeviceTest, FieldsThatFailAreErrors) {
  const NvmlDevice device(fake_uuid);
  control->fail[FAKE_NVML_FIELD_VALUES] = 4;
  control->fail[FAKE_NVML_POWER_USAGE] = 15;
  EXPECT_EQ(thrown_by([&] { (void)device.power_instant_w(); }).kind, ErrorKind::sensor_permission);
  EXPECT_EQ(thrown_by([&] { (void)device.power_usage_w(); }).kind, ErrorKind::device_lost);
  EXPECT_FALSE(device.operating_point(0).power_w) << "which is beside the measurement";
}

TEST_F(NvmlDeviceTest, AveragesPowerUsageByItsArchitecture) {
  const NvmlDevice device(fake_uuid);
  const auto averaging_s = [&](int major, int minor) {
    control->capability_major = major;
    control->capability_minor = minor;
    return device.usage_averaging_s();
  };
  EXPECT_FALSE(averaging_s(7, 5));
  EXPECT_FALSE(averaging_s(8, 0)) << "GA100";
  EXPECT_EQ(averaging_s(8, 6), 1);
  EXPECT_EQ(averaging_s(9, 0), 1);
  control->fail[FAKE_NVML_CAPABILITY] = 3;
  EXPECT_EQ(averaging_s(7, 5), 1) << "not told: taken to be as most are";
}

TEST_F(NvmlDeviceTest, SamplesComeOnceAndInOrder) {
  NvmlDevice device(fake_uuid);
  const auto first = device.samples_after(0);
  ASSERT_EQ(first.size(), 119U);
  EXPECT_LT(first.front().timestamp_us, first.back().timestamp_us);
  for (const auto& sample : device.samples_after(first.back().timestamp_us)) {
    EXPECT_GT(sample.timestamp_us, first.back().timestamp_us);
  }
}

TEST_F(NvmlDeviceTest, AMissingCounterNamesTheFunction) {
  use_library("libnvidia-ml-fake-no-energy.so");
  const NvmlDevice device(fake_uuid);
  const auto thrown = thrown_by([&] { (void)device.total_energy_mj(); });
  EXPECT_EQ(thrown.kind, ErrorKind::sensor_unsupported);
  EXPECT_NE(thrown.message.find("nvmlDeviceGetTotalEnergyConsumption"), std::string::npos) << thrown.message;
}

}  // namespace
}  // namespace clear_native
