// What a device must do at the least when it is calibrated: rates that follow the intensity, and kernels that load.

#include "core/windows/task_runner.hpp"
#include "cuda/calibration_load.hpp"
#include "gpu_fixture.hpp"

namespace clear_native::cuda {
namespace {

class GpuCalibrationTest : public GpuTest {};

TEST_F(GpuCalibrationTest, EveryKindRunsAtItsIntensities) {
  CalibrationLoad load(context_);
  ThreadedRunner runner;
  for (const CalibrationKind& kind : calibration_kinds(load.device())) {
    const std::vector<CalibrationRun> runs = load.runs(runner, kind, {1.0, 0.4}, {});
    if (kind.unit.empty()) continue;
    ASSERT_EQ(runs.size(), 2U) << kind.name;
    const double full = runs[0].units_per_pass / runs[0].time_per_pass_s;
    const double less = runs[1].units_per_pass / runs[1].time_per_pass_s;
    RecordProperty(kind.name, std::to_string(full));
    EXPECT_GT(full, 1e11) << kind.name;
    EXPECT_LT(less, 0.85 * full) << kind.name;
  }
}

}  // namespace
}  // namespace clear_native::cuda
