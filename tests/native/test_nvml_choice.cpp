#include <gtest/gtest.h>

#include "core/meters/nvml_choice.hpp"
#include "fake_nvml_fixture.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::fake_uuid;
using testing::FakeNvml;
using testing::thrown_by;

class NvmlChoiceTest : public FakeNvml {
 protected:
  static MeterTraits opened(const std::string& which = "auto") { return open_nvml_meter(fake_uuid, which)->traits(); }
};

TEST_F(NvmlChoiceTest, TheCounterIsBest) {
  const MeterTraits traits = opened();
  EXPECT_EQ(traits.name, "nvml_counter");
  EXPECT_FALSE(traits.integrates_power);
  EXPECT_EQ(traits.note, "");
}

TEST_F(NvmlChoiceTest, EachCanBeForced) {
  for (const char* which : {"counter", "samples", "instant", "usage"}) {
    EXPECT_EQ(opened(which).name, std::string("nvml_") + which);
  }
}

TEST_F(NvmlChoiceTest, AGpuWithoutTheCounterFallsToTheNextThatItHas) {
  control->fail[FAKE_NVML_TOTAL_ENERGY] = 3;
  EXPECT_EQ(opened().name, "nvml_samples");
  EXPECT_NE(opened().note.find("samples"), std::string::npos) << "says so: " << opened().note;
  control->sample_period_us = 0;
  EXPECT_EQ(opened().name, "nvml_instant");
  control->fail[FAKE_NVML_FIELD_VALUES] = 3;
  control->capability_major = 9;
  const MeterTraits usage = opened();
  EXPECT_EQ(usage.name, "nvml_usage");
  EXPECT_NE(usage.note.find("integrated"), std::string::npos) << usage.note;
  EXPECT_NE(usage.note.find("mean of the last second"), std::string::npos) << usage.note;
}

TEST_F(NvmlChoiceTest, ADriverWithoutTheFunctionsFallsToTheNext) {
  use_library("libnvidia-ml-fake-no-energy.so");
  EXPECT_EQ(opened().name, "nvml_samples");
  use_library("libnvidia-ml-fake-usage.so");
  EXPECT_EQ(opened().name, "nvml_usage");
}

TEST_F(NvmlChoiceTest, WhatMayNotBeReadIsPassedOverForTheNextField) {
  control->fail[FAKE_NVML_TOTAL_ENERGY] = 3;
  control->fail[FAKE_NVML_FIELD_VALUES] = 4;
  control->sample_period_us = 0;
  EXPECT_EQ(opened().name, "nvml_usage");
}

TEST_F(NvmlChoiceTest, ACounterThatMayNotBeReadIsToldSinceThatCanBeHelped) {
  control->fail[FAKE_NVML_TOTAL_ENERGY] = 4;
  EXPECT_EQ(thrown_by([] { opened(); }).kind, ErrorKind::sensor_permission);
}

TEST_F(NvmlChoiceTest, WithNothingAtAllEachIsNamed) {
  use_library("libnvidia-ml-fake-bare.so");
  const auto thrown = thrown_by([] { opened(); });
  EXPECT_EQ(thrown.kind, ErrorKind::sensor_unsupported);
  for (const char* word : {"nvmlDeviceGetTotalEnergyConsumption", "samples", "'instant'", "'usage'"}) {
    EXPECT_NE(thrown.message.find(word), std::string::npos) << thrown.message;
  }
}

TEST_F(NvmlChoiceTest, AForcedOneThatIsNotThereIsAnError) {
  use_library("libnvidia-ml-fake-usage.so");
  for (const char* which : {"counter", "samples", "instant"}) {
    EXPECT_EQ(thrown_by([&] { opened(which); }).kind, ErrorKind::sensor_unsupported) << which;
  }
}

TEST_F(NvmlChoiceTest, AGpuThatIsNotThereIsNotOneWithoutSensors) {
  const auto thrown = thrown_by([] { open_nvml_meter("GPU-none", "auto"); });
  EXPECT_EQ(thrown.kind, ErrorKind::sensor_unsupported);
  EXPECT_EQ(thrown.message.find("neither"), std::string::npos) << thrown.message;
  control->devices[0].mig_mode = 1;
  EXPECT_EQ(thrown_by([] { opened("usage"); }).kind, ErrorKind::mig_unsupported);
}

TEST_F(NvmlChoiceTest, AnotherNameIsBadInput) {
  const auto thrown = thrown_by([] { opened("power"); });
  EXPECT_EQ(thrown.kind, ErrorKind::bad_input);
  EXPECT_NE(thrown.message.find("usage"), std::string::npos) << thrown.message;
}

TEST_F(NvmlChoiceTest, ALostGpuIsNotPassedOver) {
  control->fail[FAKE_NVML_TOTAL_ENERGY] = 3;
  control->fail[FAKE_NVML_SAMPLES] = 15;
  control->fail[FAKE_NVML_FIELD_VALUES] = 15;
  EXPECT_EQ(thrown_by([] { opened(); }).kind, ErrorKind::device_lost);
}

}  // namespace
}  // namespace clear_native
