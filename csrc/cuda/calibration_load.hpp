#pragma once
// Runs calibration kernels as workloads: a kernel that does one thing, at a rate of choice.

#include <cuda.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "calibration_kinds.hpp"
#include "context.hpp"
#include "core/windows/task_runner.hpp"
#include "core/windows/window.hpp"
#include "core/windows/workload.hpp"

namespace clear_native::cuda {

/// One kind at one rate.
struct CalibrationRun {
  std::unique_ptr<Workload> workload;
  double units_per_pass = 0;
  double time_per_pass_s = 0;
};

/// Keeps a stream, the kernels and the memory of one kind after another. Its runs must go before it.
class CalibrationLoad {
 public:
  /// Throws Error(no_driver, bad_input, cuda_error).
  explicit CalibrationLoad(std::shared_ptr<const PrimaryContext> context);
  ~CalibrationLoad();
  CalibrationLoad(const CalibrationLoad&) = delete;
  CalibrationLoad& operator=(const CalibrationLoad&) = delete;

  [[nodiscard]] const DeviceProperties& device() const noexcept { return context_->properties(); }

  /// The kind at `intensities` (above 0, at most 1: without sleeping), in that order. The rates that come out are
  /// measured, not set: what one block leaves, others take. Throws Error(device_out_of_memory, cuda_error, ...).
  std::vector<CalibrationRun> runs(TaskRunner& runner, const CalibrationKind& kind,
                                   const std::vector<double>& intensities, const Watch& watch);

 private:
  class Run;
  struct Memory;

  CalibrationRun run(TaskRunner& runner, const CalibrationKind& kind, std::uint32_t chunks, std::uint32_t sleep_ns,
                     const Watch& watch);
  const std::shared_ptr<Memory>& memory_for(const CalibrationKind& kind);
  void release() noexcept;

  std::shared_ptr<const PrimaryContext> context_;
  CUmodule module_ = nullptr;
  CUstream stream_ = nullptr;
  std::vector<std::shared_ptr<Memory>> memories_;  // kinds of one format and size share one
};

}  // namespace clear_native::cuda
