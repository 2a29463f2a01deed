#include "nvml_device.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "process_list.hpp"

namespace clear_native {
namespace {

constexpr double usage_averaging = 1.0;  // s; NVML API Reference Guide, nvmlDeviceGetPowerUsage
constexpr int ampere = 8;                // major compute capability; 8.0 is the GA100

std::string without_prefix(const std::string& uuid) {
  for (const char* prefix : {"GPU-", "MIG-"}) {
    if (uuid.rfind(prefix, 0) == 0) return uuid.substr(4);
  }
  return uuid;
}

double watts_of(const nvml::Value& value, nvml::ValueType type) {
  switch (type) {
    case nvml::ValueType::double_value:
      return value.double_value * nvml::w_per_mw;
    case nvml::ValueType::unsigned_int:
      return value.unsigned_int * nvml::w_per_mw;
    case nvml::ValueType::unsigned_long:
      return static_cast<double>(value.unsigned_long) * nvml::w_per_mw;
    case nvml::ValueType::unsigned_long_long:
      break;
  }
  return static_cast<double>(value.unsigned_long_long) * nvml::w_per_mw;
}

bool is_absence(nvml::Return result) {
  return result == nvml::error_not_supported || result == nvml::error_not_found ||
         result == nvml::error_invalid_argument;
}

}  // namespace

const char* name_of(PowerField field) noexcept {
  switch (field) {
    case PowerField::samples:
      return "samples";
    case PowerField::instant:
      return "instant";
    case PowerField::usage:
      return "usage";
  }
  return "usage";
}

double steady_minus_realtime_s(const Clock& clock) {
  const auto realtime = std::chrono::system_clock::now().time_since_epoch();
  return clock.now_s() - std::chrono::duration<double>(realtime).count();
}

NvmlDevice::NvmlDevice(const std::string& uuid) : library_(NvmlLibrary::load()) {
  find(uuid);
  refuse_mig();
  if (library_->samples == nullptr) return;
  nvml::ValueType type{};
  unsigned count = 0;
  const nvml::Return result = library_->samples(device_, nvml::total_power_samples, 0, &type, &count, nullptr);
  if (result == nvml::success || result == nvml::error_insufficient_size) sample_buffer_.resize(count);
}

void NvmlDevice::find(const std::string& uuid) {
  const std::string bare = without_prefix(uuid);
  uuid_ = "GPU-" + bare;
  const nvml::Return result = library_->device_by_uuid(uuid_.c_str(), &device_);
  if (result == nvml::success) return;
  nvml::Device instance = nullptr;
  const std::string mig_uuid = "MIG-" + bare;
  const bool is_mig = uuid.rfind("MIG-", 0) == 0 || library_->device_by_uuid(mig_uuid.c_str(), &instance) == 0;
  if (is_mig) {
    throw Error(ErrorKind::mig_unsupported,
                mig_uuid +
                    " is a MIG instance. The energy counter covers the whole GPU, so the energy of one instance "
                    "cannot be told apart. Use a whole GPU (CUDA_VISIBLE_DEVICES=GPU-...), or have the "
                    "administrator turn MIG off (nvidia-smi -mig 0).");
  }
  if (result == nvml::error_not_found) {
    throw Error(ErrorKind::sensor_unsupported, "NVML knows no GPU with the UUID " + uuid_ +
                                                   ". Compare with `nvidia-smi -L`; in a container, the GPU must be "
                                                   "passed to it.");
  }
  library_->check(result, "looking for the GPU " + uuid_);
}

void NvmlDevice::refuse_mig() const {
  if (library_->mig_mode == nullptr) return;
  unsigned current = 0;
  unsigned pending = 0;
  if (library_->mig_mode(device_, &current, &pending) != nvml::success) return;  // not supported: no MIG
  if (current != nvml::mig_enabled) return;
  throw Error(ErrorKind::mig_unsupported,
              uuid_ +
                  " is partitioned into MIG instances. Its energy counter covers all of them, so the energy of one "
                  "cannot be told apart. Have the administrator turn MIG off (nvidia-smi -mig 0), or use another "
                  "GPU.");
}

unsigned long long NvmlDevice::total_energy_mj() const {
  if (library_->total_energy_mj == nullptr) {
    throw Error(ErrorKind::sensor_unsupported,
                "The NVIDIA management library has no function nvmlDeviceGetTotalEnergyConsumption: this driver cannot "
                "count energy. Update it, or use meter=\"auto\", which then integrates power.");
  }
  unsigned long long energy_mj = 0;
  library_->check(library_->total_energy_mj(device_, &energy_mj), "reading the energy counter of " + uuid_);
  return energy_mj;
}

std::vector<NvmlDevice::BufferedSample> NvmlDevice::samples_after(unsigned long long last_us) {
  nvml::ValueType type{};
  auto count = static_cast<unsigned>(sample_buffer_.size());
  if (count == 0) return {};
  const nvml::Return result =
      library_->samples(device_, nvml::total_power_samples, last_us, &type, &count, sample_buffer_.data());
  if (result == nvml::error_not_found) return {};  // none since then
  library_->check(result, "reading the power samples of " + uuid_);
  std::vector<BufferedSample> samples;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, sample_buffer_.size()); ++i) {
    const nvml::Sample& sample = sample_buffer_[i];
    if (sample.timestamp_us > last_us) samples.push_back({sample.timestamp_us, watts_of(sample.value, type)});
  }
  std::sort(samples.begin(), samples.end(),
            [](const auto& a, const auto& b) { return a.timestamp_us < b.timestamp_us; });
  return samples;
}

std::optional<double> NvmlDevice::power_instant_w() const {
  if (library_->field_values == nullptr) return std::nullopt;
  nvml::FieldValue field{};
  field.field = nvml::field_power_instant;
  const nvml::Return result = library_->field_values(device_, 1, &field);
  const nvml::Return of_field = result == nvml::success ? field.result : result;
  if (is_absence(of_field)) return std::nullopt;
  library_->check(of_field, "reading the instantaneous power of " + uuid_);
  return watts_of(field.value, field.type);
}

std::optional<double> NvmlDevice::power_usage_w() const {
  if (library_->power_usage_mw == nullptr) return std::nullopt;
  unsigned power_mw = 0;
  const nvml::Return result = library_->power_usage_mw(device_, &power_mw);
  if (is_absence(result)) return std::nullopt;
  library_->check(result, "reading the power usage of " + uuid_);
  return power_mw * nvml::w_per_mw;
}

std::optional<double> NvmlDevice::usage_averaging_s() const {
  int major = 0;
  int minor = 0;
  if (library_->compute_capability != nullptr &&
      library_->compute_capability(device_, &major, &minor) == nvml::success &&
      (major < ampere || (major == ampere && minor == 0))) {
    return std::nullopt;
  }
  return usage_averaging;
}

OperatingPoint NvmlDevice::operating_point(double now_s) const {
  const auto asked = [this](auto* function, unsigned which) -> std::optional<double> {
    unsigned value = 0;
    if (function == nullptr || function(device_, which, &value) != nvml::success) return std::nullopt;
    return value;
  };
  // A point of operation is beside the measurement: what fails here is absent, and the counter tells of a lost GPU.
  const auto power_w = [this](auto read) -> std::optional<double> {
    try {
      return (this->*read)();
    } catch (const Error&) {
      return std::nullopt;
    }
  };
  OperatingPoint point;
  point.time_s = now_s;
  point.sm_clock_mhz = asked(library_->clock_mhz, nvml::clock_sm);
  point.memory_clock_mhz = asked(library_->clock_mhz, nvml::clock_memory);
  point.temperature_c = asked(library_->temperature_c, nvml::temperature_gpu);
  point.power_w = power_w(&NvmlDevice::power_instant_w);
  if (!point.power_w) point.power_w = power_w(&NvmlDevice::power_usage_w);
  unsigned long long reasons = 0;
  if (library_->clocks_event_reasons != nullptr && library_->clocks_event_reasons(device_, &reasons) == nvml::success) {
    point.throttle_reasons = reasons;
  }
  return point;
}

std::optional<int> NvmlDevice::other_processes() const {
  if (library_->compute_processes == nullptr) return std::nullopt;
  std::vector<nvml::ProcessInfo> processes(16);
  for (int attempt = 0; attempt < 4; ++attempt) {  // the list may grow between two calls
    auto count = static_cast<unsigned>(processes.size());
    const nvml::Return result = library_->compute_processes(device_, &count, processes.data());
    if (result == nvml::error_insufficient_size) {
      processes.resize(std::max<std::size_t>(count, processes.size()) * 2);
      continue;
    }
    if (result != nvml::success) return std::nullopt;
    std::vector<unsigned> pids;
    for (std::size_t i = 0; i < std::min<std::size_t>(count, processes.size()); ++i) pids.push_back(processes[i].pid);
    return count_others(pids);
  }
  return std::nullopt;
}

}  // namespace clear_native
