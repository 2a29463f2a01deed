// What is known of a device (its limits, a calibration) and of what drives a component, as text.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "bench/limits.hpp"
#include "core/errors.hpp"
#include "report/calibration_report.hpp"
#include "report/device_limits.hpp"
#include "report/overhead_report.hpp"

namespace clear_native::report {
namespace {

TEST(DeviceLimits, OfADataSheet) {
  const auto half = published_limits("NVIDIA H200", "bfloat16");
  ASSERT_TRUE(half.has_value());
  EXPECT_DOUBLE_EQ(half->flops_per_s, 989.5e12);
  EXPECT_DOUBLE_EQ(half->bytes_per_s, 4.8e12);
  EXPECT_FALSE(half->measured);
  EXPECT_NE(half->source.find("nvidia.com"), std::string::npos);
  EXPECT_FALSE(published_limits("NVIDIA H300", "bfloat16").has_value());
  EXPECT_FALSE(published_limits("NVIDIA H200", "float64").has_value());
}

constexpr const char* device_file = R"({"uuid": "GPU-1", "bytes_per_s": 4e12, "flops_per_s": {"float16": 8e14}})";

TEST(DeviceLimits, OfAFile) {
  const auto found = measured_limits(device_file, "h200.json", "GPU-1", "float16");
  ASSERT_TRUE(found.has_value());
  EXPECT_DOUBLE_EQ(found->flops_per_s, 8e14);
  EXPECT_TRUE(found->measured);
  EXPECT_EQ(found->source, "h200.json");
  EXPECT_FALSE(measured_limits(device_file, "h200.json", "GPU-2", "float16").has_value());
  EXPECT_FALSE(measured_limits(device_file, "h200.json", "GPU-1", "float32").has_value());
  const char* no_memory = R"({"kind": "device", "schema_version": 1, "uuid": "GPU-1", "flops_per_s": {"float16": 1}})";
  EXPECT_FALSE(measured_limits(no_memory, "h200.json", "GPU-1", "float16").has_value());
}

TEST(DeviceLimits, AFileThatIsNone) {
  for (const char* text : {"{", "[]", "{}", R"({"uuid": "GPU-1", "bytes_per_s": "x", "flops_per_s": {"float16": 1}})",
                           R"({"kind": "device", "schema_version": 2, "uuid": "GPU-1", "flops_per_s": {}})"}) {
    try {
      static_cast<void>(measured_limits(text, "h200.json", "GPU-1", "float16"));
      ADD_FAILURE() << text << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_input);
      EXPECT_NE(std::string(error.what()).find("unset the variable"), std::string::npos);
    }
  }
}

TEST(DeviceLimits, TypeOfProducts) {
  EXPECT_EQ(product_dtype("torch.bfloat16"), "bfloat16");
  EXPECT_EQ(product_dtype(std::nullopt), std::nullopt);
}

/// Facts of a GPU, with limits where the file that the environment names is this text; empty: it names none.
ReportFacts with_limits(const std::string& text) {
  const std::string path = ::testing::TempDir() + "device.json";
  std::ofstream(path) << text;
  if (!text.empty()) setenv(device_limits_variable, path.c_str(), 1);
  ReportFacts facts;
  facts.environment = {{"gpu", std::string("NVIDIA H200")}, {"uuid", std::string("GPU-1")}};
  facts.workload.weights_dtype = "torch.float16";
  bench::add_limits(facts);
  unsetenv(device_limits_variable);
  return facts;
}

TEST(DeviceLimits, OfAReportAreMeasuredOnesElseThoseOfTheSheet) {
  EXPECT_DOUBLE_EQ(with_limits(device_file).limits->flops_per_s, 8e14);
  EXPECT_DOUBLE_EQ(with_limits("").limits->flops_per_s, 989.5e12);
  const ReportFacts broken = with_limits("{");
  EXPECT_FALSE(broken.limits.has_value());
  ASSERT_EQ(broken.warnings.size(), 1U);
  EXPECT_NE(broken.warnings.front().find("unset the variable"), std::string::npos);
}

TEST(CalibrationTable, ShowsWhatALoadCostsAndReaches) {
  Calibration found;
  found.static_power_w = Interval{.mean = 124, .half_width = 0.5, .rounds = 8};
  KindCost kind;
  kind.name = "dram_read";
  kind.unit = "byte";
  kind.energy_per_unit_j = Interval{.mean = 42e-12, .half_width = 0.6e-12, .rounds = 8};
  kind.units_per_s = Interval{.mean = 4.32e12, .half_width = 0.01e12, .rounds = 8};
  kind.power_w = Interval{.mean = 380, .half_width = 1, .rounds = 8};
  kind.statuses = {"power_capped"};
  found.kinds = {kind};
  found.rounds.rounds = 8;
  CalibrationFacts facts{.uuid = "GPU-1", .meter = {}, .environment = {{"gpu", std::string("NVIDIA H200")}}};
  facts.meter.name = "nvml_counter";
  EXPECT_EQ(calibration_table(found, facts),
            "calibration · NVIDIA H200 · nvml counter\n"
            "static power: nothing runs  124.00 ± 0.50 W\n"
            "all warps resident, asleep  –\n"
            "load                       costs             reaches  of sheet     at  base  bend\n"
            "dram_read¹  42.00 ± 0.60 pJ/byte  4.320 ± 0.010 TB/s    90.0 %  380 W     –     –\n"
            "8 rounds in 0 s, seed 0\n"
            "¹ the power cap held the clocks down");
  EXPECT_NE(calibration_to_json(found, facts).find("\"published_units_per_s\": 4800000000000.0"), std::string::npos);
}

TEST(CalibrationJson, HasTheLimitsThatReportsRead) {
  Calibration found;
  for (const char* name : {"dram_read", "l2_read", "fma_fp32", "tensor_bf16"}) {
    KindCost kind;
    kind.name = name;
    kind.units_per_s = Interval{.mean = 1e12 + static_cast<double>(found.kinds.size()), .rounds = 8};
    found.kinds.push_back(kind);
  }
  const std::string json = calibration_to_json(found, {.uuid = "GPU-1", .meter = {}, .environment = {}});
  for (const auto& [dtype, flops_per_s] : {std::pair{"float32", 1e12 + 2}, std::pair{"bfloat16", 1e12 + 3}}) {
    const auto limits = measured_limits(json, "h200.json", "GPU-1", dtype);
    ASSERT_TRUE(limits.has_value());
    EXPECT_EQ(limits->flops_per_s, flops_per_s);
    EXPECT_EQ(limits->bytes_per_s, 1e12);
  }
}

TEST(OverheadTable, ComparesWithTheLoop) {
  Overhead found;
  found.model = "bert";
  found.device = "cuda:0";
  found.meter.name = "nvml_counter";
  found.environment = {{"gpu", std::string("NVIDIA H200")}};
  found.rows = {{.component = "norm", .way = "eager_loop", .calls = 25, .passes_per_launch = 10, .statuses = {}},
                {.component = "norm", .way = "unrolled", .calls = 25, .passes_per_launch = 50, .statuses = {}}};
  TargetEstimate loop;
  loop.name = "norm/eager_loop";
  loop.time_per_pass_s = Interval{.mean = 250e-6, .half_width = 5e-6, .rounds = 8};
  TargetEstimate unrolled = loop;
  unrolled.name = "norm/unrolled";
  unrolled.time_per_pass_s->mean = 50e-6;
  unrolled.energy_per_pass_j = Interval{.mean = 0.01, .half_width = 1e-4, .rounds = 8};
  found.run.targets = {loop, unrolled};
  take_targets(found);
  EXPECT_DOUBLE_EQ(times_faster(found, found.rows[1]).value(), 5);
  EXPECT_EQ(overhead_table(found),
            "bert · overhead · NVIDIA H200 · nvml counter\n"
            "component         way   a launch            time  per call           energy  faster\n"
            "norm       eager loop  10 passes  250.0 ± 5.0 µs   10.0 µs                –  1.00 x\n"
            "norm         unrolled  50 passes   50.0 ± 5.0 µs   2.00 µs  10.00 ± 0.10 mJ  5.00 x\n"
            "time and energy of a pass: all calls of the component once; 0 rounds in 0 s");
}

}  // namespace
}  // namespace clear_native::report
