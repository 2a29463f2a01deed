#include "nvml_source.hpp"

#include "core/errors.hpp"
#include "core/meters/nvml_power_meter.hpp"

namespace clear_native {
namespace {

std::unique_ptr<EnergyMeter> samples_of(const std::string& uuid) {
  try {
    return std::make_unique<NvmlPowerMeter>(uuid, PowerField::samples);
  } catch (const Error& error) {
    const bool has_none = error.kind() == ErrorKind::sensor_unsupported || error.kind() == ErrorKind::sensor_permission;
    if (!has_none) throw;
    return nullptr;
  }
}

}  // namespace

NvmlSource::NvmlSource(const std::string& uuid) : device_(uuid), samples_(samples_of(uuid)) {}

std::vector<std::string> NvmlSource::field_names() {
  return {name_of(PowerField::instant), name_of(PowerField::usage)};
}

std::optional<double> NvmlSource::field_power_w(const std::string& name) const {
  try {
    return name == name_of(PowerField::instant) ? device_.power_instant_w() : device_.power_usage_w();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::sensor_permission) throw;
    return std::nullopt;
  }
}

std::vector<PowerSample> NvmlSource::samples() {
  return samples_ == nullptr ? std::vector<PowerSample>{} : samples_->power_samples();
}

}  // namespace clear_native
