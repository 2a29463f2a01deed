#include <algorithm>

#include "core/windows/task_runner.hpp"
#include "cuda/calibration_layout.hpp"
#include "cuda/calibration_load.hpp"
#include "cuda/gpu_calibration.hpp"
#include "cuda_fixture.hpp"

namespace clear_native::cuda {
namespace {

class CalibrationLoadTest : public CudaTest {
 protected:
  /// The kind of this name, of a device of compute capability 9.0 and the fake's size.
  CalibrationKind kind(const std::string& name) {
    DeviceProperties device = context_->properties();
    device.compute_major = 9;
    device.compute_minor = 0;
    const std::vector<CalibrationKind> kinds = calibration_kinds(device);
    return *std::find_if(kinds.begin(), kinds.end(), [&](const CalibrationKind& one) { return one.name == name; });
  }

  ThreadedRunner runner_;
};

TEST_F(CalibrationLoadTest, RatesFollowTheIntensities) {
  fake().set_cost_s("clear_calibration_read", 2e-5);
  CalibrationLoad load(context_);
  bool is_slower = false;
  // A busy machine may stretch a run; it does not do so to the first of the two every time.
  for (int attempt = 0; attempt < 5 && !is_slower; ++attempt) {
    const std::vector<CalibrationRun> runs = load.runs(runner_, kind("dram_read"), {1.0, 0.5}, {});
    ASSERT_EQ(runs.size(), 2U);
    ASSERT_GT(runs[1].units_per_pass, 0);
    EXPECT_LE(runs[1].units_per_pass, runs[0].units_per_pass);
    const double full = runs[0].units_per_pass / runs[0].time_per_pass_s;
    const double half = runs[1].units_per_pass / runs[1].time_per_pass_s;  // it sleeps as long as it works
    is_slower = half < 0.75 * full && runs[1].units_per_pass < 0.75 * runs[0].units_per_pass;
  }
  EXPECT_TRUE(is_slower);
}

TEST_F(CalibrationLoadTest, OccupancyOnlySleeps) {
  CalibrationLoad load(context_);
  const std::vector<CalibrationRun> runs = load.runs(runner_, kind("occupancy"), {1.0, 0.5}, {});
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].units_per_pass, 0);
  EXPECT_GE(runs[0].time_per_pass_s, 0.9e-3);
}

TEST_F(CalibrationLoadTest, ARunOutlivesNothingThatItReads) {
  fake().set_cost_s("clear_calibration_tensor_bf16", 1e-4);
  {
    CalibrationLoad load(context_);
    std::vector<CalibrationRun> runs = load.runs(runner_, kind("tensor_bf16"), {1.0}, {});
    runs[0].workload->launch();
    runs[0].workload->drain();
    EXPECT_GT(runs[0].workload->odometer().passes, 0);
  }
  EXPECT_EQ(fake().live_objects().allocations, 0);
  EXPECT_EQ(fake().live_objects().modules, 0);
}

TEST_F(CalibrationLoadTest, IntensitiesOutOfRangeAreRefused) {
  CalibrationLoad load(context_);
  for (const double intensity : {0.0, -1.0, 1.5}) {
    expect_error(ErrorKind::bad_input, {"intensity"},
                 [&] { static_cast<void>(load.runs(runner_, kind("dram_read"), {intensity}, {})); });
  }
}

TEST_F(CalibrationLoadTest, NoMemoryIsTold) {
  CalibrationLoad load(context_);
  fake().fail("cuMemAlloc", CUDA_ERROR_OUT_OF_MEMORY);
  expect_error(ErrorKind::device_out_of_memory, {"calibrate"},
               [&] { static_cast<void>(load.runs(runner_, kind("dram_read"), {1.0}, {})); });
}

TEST_F(CalibrationLoadTest, SubjectsHaveTheirRatesFastestFirst) {
  fake().set_cost_s("clear_calibration_read", 2e-5);
  CalibrationLoad load(context_);
  std::vector<std::string> prepared;
  const auto subjects = calibration_subjects(load, runner_, {kind("occupancy"), kind("l2_read")}, {},
                                             [&](const std::string& name) { prepared.push_back(name); });
  EXPECT_EQ(prepared, (std::vector<std::string>{"occupancy", "l2_read"}));
  ASSERT_EQ(subjects.size(), 2U);
  EXPECT_EQ(subjects[0].rates.size(), 1U);
  EXPECT_TRUE(subjects[0].unit.empty());
  ASSERT_EQ(subjects[1].rates.size(), 3U);
  EXPECT_GT(subjects[1].rates.front().units_per_pass, subjects[1].rates.back().units_per_pass);
  EXPECT_EQ(subjects[1].unit, "byte");
}

TEST(CalibrationKinds, OlderDevicesHaveFewerTensorTypes) {
  const auto names = [](int major, int minor) {
    DeviceProperties device;
    device.compute_major = major;
    device.compute_minor = minor;
    std::vector<std::string> found;
    for (const CalibrationKind& kind : calibration_kinds(device)) found.push_back(kind.name);
    return found;
  };
  EXPECT_EQ(names(7, 5).size(), 6U);
  EXPECT_EQ(names(8, 0).size(), 9U);
  EXPECT_EQ(names(8, 9).back(), "tensor_fp8");
  EXPECT_EQ(names(7, 5).front(), "occupancy");
}

TEST(CalibrationKinds, MemoryFitsWhatItIsFor) {
  DeviceProperties device;
  device.compute_major = 9;
  device.sm_count = 132;
  device.l2_bytes = 50 << 20;
  for (const CalibrationKind& kind : calibration_kinds(device)) {
    const std::size_t bytes = calibration_bytes(kind, device);
    if (kind.memory == CalibrationMemory::l2) {
      EXPECT_LT(bytes, device.l2_bytes / 2);
    }
    if (kind.memory == CalibrationMemory::dram) {
      EXPECT_GT(bytes, 8 * device.l2_bytes);
    }
    if (kind.memory != CalibrationMemory::none) {
      EXPECT_EQ(bytes % kCalibrationChunkBytes, 0U) << kind.name;
    }
  }
}

}  // namespace
}  // namespace clear_native::cuda
