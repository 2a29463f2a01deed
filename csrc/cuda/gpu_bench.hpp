#pragma once
// A GPU with its sensor and the engine's own load: what its sensor is looked at with where there is no torch.

#include <memory>
#include <optional>
#include <string>

#include "context.hpp"
#include "core/sensor/device_bench.hpp"
#include "core/sensor/looped_load.hpp"
#include "core/sensor/sensor_run.hpp"
#include "gpu_load.hpp"

namespace clear_native::cuda {

class GpuBench final : public DeviceBench {
 public:
  GpuBench(std::shared_ptr<EnergyMeter> meter, const std::shared_ptr<const PrimaryContext>& context);

  double start_load() override { return load_.start(); }
  double stop_load() override { return load_.stop(); }
  std::optional<Alternation> alternate(double period_s, double duration_s, const BenchWatch& watch) override;

 private:
  GpuLoad work_;
  LoopedLoad load_;  // last: it uses the one above
};

/// A GPU by its number among those that CUDA shows to this process, and one of its sensors as open_nvml_meter names
/// them. Opens nothing yet but the driver. Throws Error: no_driver, bad_input for no such device.
SensorSubject gpu_subject(int ordinal, const std::string& which);

}  // namespace clear_native::cuda
