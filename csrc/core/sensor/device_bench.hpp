#pragma once
// A real device: its meter, what its driver tells of power beside it, and real time. Who derives from it has the load.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/windows/clock.hpp"
#include "nvml_source.hpp"
#include "sensor_bench.hpp"

namespace clear_native {

class DeviceBench : public SensorBench {
 public:
  /// `gpu_uuid`: of a GPU, whose power fields are polled. Throws Error as NvmlSource does.
  explicit DeviceBench(std::shared_ptr<EnergyMeter> meter, const std::optional<std::string>& gpu_uuid = std::nullopt);

  EnergyReading read() override { return meter_->read(); }
  std::vector<std::string> field_names() override;
  std::optional<double> field_power_w(const std::string& name) override;
  std::vector<PowerSample> samples() override;
  [[nodiscard]] double now_s() override { return clock_.now_s(); }
  void sleep(double duration_s) override;
  /// No.
  std::optional<Alternation> alternate(double period_s, double duration_s, const BenchWatch& watch) override;

 private:
  SteadyClock clock_;
  std::shared_ptr<EnergyMeter> meter_;
  std::optional<NvmlSource> source_;
};

}  // namespace clear_native
