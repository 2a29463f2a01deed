#pragma once
// A load of the engine's own for a GPU: tensor cores busy, steadily or on and off within a millisecond.

#include <cuda.h>

#include <memory>

#include "context.hpp"
#include "core/sensor/sensor_bench.hpp"
#include "core/windows/clock.hpp"
#include "graph.hpp"
#include "launch_queue.hpp"
#include "module.hpp"

namespace clear_native::cuda {

/// The kernel that is a load, loaded into a context; unloaded with this.
class BurnKernel {
 public:
  explicit BurnKernel(std::shared_ptr<const PrimaryContext> context);
  ~BurnKernel();
  BurnKernel(const BurnKernel&) = delete;
  BurnKernel& operator=(const BurnKernel&) = delete;

  /// All of the device busy for so long. `after` null: a root. The graph must not outlive this.
  CUgraphNode add(CUgraph graph, CUgraphNode after, double duration_s) const;

 private:
  std::shared_ptr<const PrimaryContext> context_;
  CUmodule module_ = nullptr;
  CUfunction function_ = nullptr;
  CUdeviceptr sums_ = 0;
};

/// Runs on the legacy default stream. One caller at a time, on any thread.
class GpuLoad {
 public:
  /// Throws Error: no_driver, device_out_of_memory, cuda_error.
  explicit GpuLoad(const std::shared_ptr<const PrimaryContext>& context);
  /// Waits for what is queued.
  ~GpuLoad();
  GpuLoad(const GpuLoad&) = delete;
  GpuLoad& operator=(const GpuLoad&) = delete;

  /// Enqueues a few milliseconds of load, and returns when there is room for as much again: called in a loop, the
  /// device has no pause. Throws Error as the device fails.
  void work();
  /// Returns when the device is idle. Throws Error as the device fails.
  void finish();

  /// On for half of the period and off for the other half, for about `duration_s`; the device is idle afterwards,
  /// however this ends. Throws Error(interrupted) too.
  Alternation alternate(double period_s, double duration_s, const BenchWatch& watch);

 private:
  void launch_all(CUgraphExec exec, int launches, const BenchWatch& watch);

  SteadyClock clock_;
  std::shared_ptr<const PrimaryContext> context_;
  std::shared_ptr<const KernelModule> kernels_;
  BurnKernel burn_;
  GraphExec steady_;
  LaunchQueue queue_;
};

}  // namespace clear_native::cuda
