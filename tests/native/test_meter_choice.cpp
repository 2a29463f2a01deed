#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/errors.hpp"
#include "core/meters/estimate_meter.hpp"
#include "core/meters/meter_choice.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::thrown_by;

const MeteredDevice cpu{.is_gpu = false, .uuid = {}, .cpu = "Some CPU", .called = "cpu", .cores = 3};
const MeteredDevice gpu{.is_gpu = true, .uuid = "GPU-1", .cpu = "Some CPU", .called = "cuda:0", .cores = 3};

struct Asked {
  std::vector<std::string> what;

  MeterOpeners openers() {
    return {.nvml =
                [this](const std::string& uuid, const std::string& which) {
                  what.push_back(uuid + " " + which);
                  return std::make_shared<EstimateMeter>(1, "gpu", uuid);
                },
            .rapl =
                [this](const std::string& device) {
                  what.push_back(device);
                  return std::make_shared<EstimateMeter>(1, "cpu", device);
                }};
  }
};

MeterOpeners refusing(ErrorKind kind) {
  return {.nvml = [kind](const std::string&, const std::string&) -> std::shared_ptr<EnergyMeter> {
            throw Error(kind, "no: do this");
          },
          .rapl = [kind](const std::string&) -> std::shared_ptr<EnergyMeter> { throw Error(kind, "no: do this"); }};
}

TEST(MeterChoice, NamesAreJoinedByPlus) {
  EXPECT_EQ(meter_names("auto"), std::vector<std::string>{"auto"});
  EXPECT_EQ(meter_names("auto+rapl"), (std::vector<std::string>{"auto", "rapl"}));
  EXPECT_EQ(meter_names("auto+"), (std::vector<std::string>{"auto", ""}));
}

TEST(MeterChoice, OpensTheSensorOfTheDevice) {
  Asked asked;
  for (const char* name : {"auto", "nvml", "nvml:usage"}) open_meters({name}, gpu, asked.openers());
  for (const char* name : {"auto", "rapl"}) open_meters({name}, cpu, asked.openers());
  EXPECT_EQ(asked.what, (std::vector<std::string>{"GPU-1 auto", "GPU-1 auto", "GPU-1 usage", "Some CPU", "Some CPU"}));
}

TEST(MeterChoice, EstimatesByAStatedPower) {
  EXPECT_EQ(open_meters({"estimate"}, cpu)->traits().stated_power_w, 3 * cpu_core_power_w);
  EXPECT_EQ(open_meters({"estimate"}, gpu)->traits().stated_power_w, gpu_power_w);
  EXPECT_EQ(open_meters({"estimate:65"}, gpu)->traits().stated_power_w, 65);
  EXPECT_EQ(open_meters({"estimate:65"}, gpu)->traits().device, "GPU-1");
}

TEST(MeterChoice, AutoFallsToTheEstimateWhereNothingCanBeHelped) {
  for (const ErrorKind kind : {ErrorKind::no_driver, ErrorKind::sensor_unsupported}) {
    EXPECT_TRUE(open_meters({"auto"}, gpu, refusing(kind))->traits().estimated);
  }
  for (const ErrorKind kind : {ErrorKind::sensor_permission, ErrorKind::mig_unsupported, ErrorKind::device_lost}) {
    EXPECT_EQ(thrown_by([&] { open_meters({"auto"}, gpu, refusing(kind)); }).kind, kind);
  }
  EXPECT_EQ(open_meters({"auto"}, cpu, refusing(ErrorKind::sensor_unsupported))->traits().note, "");
  EXPECT_EQ(open_meters({"auto"}, cpu, refusing(ErrorKind::sensor_permission))->traits().note, "no: do this");
}

TEST(MeterChoice, ASensorAskedForByNameIsNotReplaced) {
  for (const char* name : {"nvml", "nvml:counter"}) {
    EXPECT_EQ(thrown_by([&] { open_meters({name}, gpu, refusing(ErrorKind::no_driver)); }).kind, ErrorKind::no_driver);
  }
  const auto open_rapl = [] { open_meters({"rapl"}, cpu, refusing(ErrorKind::sensor_permission)); };
  EXPECT_EQ(thrown_by(open_rapl).kind, ErrorKind::sensor_permission);
}

TEST(MeterChoice, TheProcessorBesideAGpu) {
  Asked asked;
  const auto both = open_meters({"nvml:counter", "rapl"}, gpu, asked.openers());
  EXPECT_EQ(both->traits().scope, "gpu");
  ASSERT_EQ(both->side_traits().size(), 1U);
  EXPECT_EQ(both->side_traits().front().device, "Some CPU");
  EXPECT_EQ(thrown_by([&] { open_meters({"auto", "rapl"}, cpu, asked.openers()); }).kind, ErrorKind::bad_input);
}

TEST(MeterChoice, RefusesWhatCannotBeRead) {
  const auto refused = [](const std::vector<std::string>& names, const MeteredDevice& device) {
    const testing::Thrown error = thrown_by([&] { check_meters(names, device); });
    EXPECT_EQ(error.kind, ErrorKind::bad_input);
    return error.message;
  };
  for (const char* name : {"", "nvml:0", "nvml:", "auto:5", "Estimate"}) {
    EXPECT_NE(refused({name}, gpu).find("unknown meter"), std::string::npos) << name;
  }
  for (const char* name : {"estimate:", "estimate:0", "estimate:-5", "estimate:x", "estimate:inf", "estimate:6 5"}) {
    EXPECT_NE(refused({name}, cpu).find("a positive power in watts"), std::string::npos) << name;
  }
  EXPECT_NE(refused({"nvml"}, cpu).find("reads a GPU, but the model is on cpu"), std::string::npos);
  EXPECT_NE(refused({"rapl"}, gpu).find("reads the processor, but the model is on cuda:0"), std::string::npos);
  EXPECT_NE(refused({"auto", "nvml"}, gpu).find("only 'rapl' can"), std::string::npos);
  EXPECT_NE(refused({}, cpu).find("no meter is named"), std::string::npos);
}

}  // namespace
}  // namespace clear_native
