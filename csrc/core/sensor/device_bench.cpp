#include "device_bench.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace clear_native {

DeviceBench::DeviceBench(std::shared_ptr<EnergyMeter> meter, const std::optional<std::string>& gpu_uuid)
    : meter_(std::move(meter)) {
  if (gpu_uuid) source_.emplace(*gpu_uuid);
}

std::vector<std::string> DeviceBench::field_names() {
  return source_ ? NvmlSource::field_names() : std::vector<std::string>{};
}

std::optional<double> DeviceBench::field_power_w(const std::string& name) {
  return source_ ? source_->field_power_w(name) : std::nullopt;
}

std::vector<PowerSample> DeviceBench::samples() {
  return source_ ? source_->samples() : std::vector<PowerSample>{};
}

void DeviceBench::sleep(double duration_s) {
  std::this_thread::sleep_for(std::chrono::duration<double>(duration_s));
}

std::optional<Alternation> DeviceBench::alternate(double /*period_s*/, double /*duration_s*/,
                                                  const BenchWatch& /*watch*/) {
  return std::nullopt;
}

}  // namespace clear_native
