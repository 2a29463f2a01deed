#include "nvml_meter.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <thread>

#include "process_list.hpp"

namespace clear_native {
namespace {

constexpr double j_per_mj = 1e-3;
constexpr double usual_period_s = 0.1;
constexpr double watch_at_most_s = 0.5;
constexpr double watch_slow_at_most_s = 2.5;  // where not even two changes were seen by then
constexpr std::size_t changes_wanted = 4;
constexpr std::array known_periods_s = {0.01, 0.02, 0.025, 0.04, 0.05, 0.1, 0.2, 0.25, 0.5};
constexpr double period_tolerance = 0.12;  // reads take milliseconds

std::string without_prefix(const std::string& uuid) {
  for (const char* prefix : {"GPU-", "MIG-"}) {
    if (uuid.rfind(prefix, 0) == 0) return uuid.substr(4);
  }
  return uuid;
}

double watts_of(const nvml::Value& value, nvml::ValueType type) {
  switch (type) {
    case nvml::ValueType::double_value:
      return value.double_value * 1e-3;
    case nvml::ValueType::unsigned_int:
      return value.unsigned_int * 1e-3;
    case nvml::ValueType::unsigned_long:
      return static_cast<double>(value.unsigned_long) * 1e-3;
    case nvml::ValueType::unsigned_long_long:
      break;
  }
  return static_cast<double>(value.unsigned_long_long) * 1e-3;
}

/// What to add to a time of the realtime clock; asked anew every time, because that clock is set now and then.
double steady_minus_realtime_s(const Clock& clock) {
  const auto realtime = std::chrono::system_clock::now().time_since_epoch();
  return clock.now_s() - std::chrono::duration<double>(realtime).count();
}

/// The counter's period is a round number; reads are too slow to tell it better.
double nearest_known_period_s(double seen_s) {
  const auto nearest = std::min_element(known_periods_s.begin(), known_periods_s.end(), [&](double a, double b) {
    return std::abs(a / seen_s - 1) < std::abs(b / seen_s - 1);
  });
  return std::abs(*nearest / seen_s - 1) < period_tolerance ? *nearest : seen_s;
}

}  // namespace

NvmlMeter::NvmlMeter(const std::string& uuid, std::optional<double> period_s) : library_(NvmlLibrary::load()) {
  find_device(uuid);
  refuse_mig();
  unsigned long long energy_mj = 0;
  library_->check(library_->total_energy_mj(device_, &energy_mj), "reading the energy counter of " + uuid_);
  traits_.name = "nvml_counter";
  traits_.scope = "gpu";
  traits_.device = uuid_;
  traits_.quantum_j = j_per_mj;
  sample_buffer_.resize(samples_kept());
  traits_.has_power_samples = !sample_buffer_.empty();
  traits_.period_s = period_s ? *period_s : watch_period_s();
}

void NvmlMeter::find_device(const std::string& uuid) {
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

void NvmlMeter::refuse_mig() const {
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

unsigned NvmlMeter::samples_kept() const {
  if (library_->samples == nullptr) return 0;
  nvml::ValueType type{};
  unsigned count = 0;
  const nvml::Return result = library_->samples(device_, nvml::total_power_samples, 0, &type, &count, nullptr);
  return result == nvml::success || result == nvml::error_insufficient_size ? count : 0;
}

double NvmlMeter::watch_period_s() {
  const double begin_s = clock_.now_s();
  std::vector<double> changes_s;
  double energy_j = read().energy_j;
  const auto watched_s = [&] { return clock_.now_s() - begin_s; };
  while (changes_s.size() < changes_wanted &&
         watched_s() < (changes_s.size() < 2 ? watch_slow_at_most_s : watch_at_most_s)) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    const EnergyReading reading = read();
    if (reading.energy_j > energy_j) changes_s.push_back((reading.begin_s + reading.end_s) / 2);
    energy_j = reading.energy_j;
  }
  if (changes_s.size() < 2) return usual_period_s;
  const double gaps = static_cast<double>(changes_s.size() - 1);
  return nearest_known_period_s((changes_s.back() - changes_s.front()) / gaps);
}

EnergyReading NvmlMeter::read() {
  unsigned long long energy_mj = 0;
  EnergyReading reading;
  reading.begin_s = clock_.now_s();
  const nvml::Return result = library_->total_energy_mj(device_, &energy_mj);
  reading.end_s = clock_.now_s();
  library_->check(result, "reading the energy counter of " + uuid_);
  reading.energy_j = static_cast<double>(energy_mj) * j_per_mj;
  const std::optional<unsigned long long> last_mj = last_mj_;
  last_mj_ = energy_mj;
  if (last_mj && energy_mj < *last_mj) {
    throw Error(ErrorKind::sensor_fault, "The energy counter of " + uuid_ + " went back from " +
                                             std::to_string(*last_mj) + " mJ to " + std::to_string(energy_mj) +
                                             " mJ. It must only grow; the driver was loaded again or the GPU was "
                                             "reset. Measure again.");
  }
  return reading;
}

std::vector<PowerSample> NvmlMeter::power_samples() {
  if (!traits_.has_power_samples) return {};
  nvml::ValueType type{};
  auto count = static_cast<unsigned>(sample_buffer_.size());
  std::vector<nvml::Sample>& raw = sample_buffer_;
  const nvml::Return result =
      library_->samples(device_, nvml::total_power_samples, last_sample_us_, &type, &count, raw.data());
  if (result == nvml::error_not_found) return {};  // none since the last call
  if (result == nvml::error_not_supported || result == nvml::error_no_permission) {
    traits_.has_power_samples = false;  // the size could be asked for, the samples cannot: the counter goes on alone
    return {};
  }
  library_->check(result, "reading the power samples of " + uuid_);
  const auto end = raw.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(count, raw.size()));
  std::sort(raw.begin(), end, [](const auto& a, const auto& b) { return a.timestamp_us < b.timestamp_us; });

  const double offset_s = steady_minus_realtime_s(clock_);
  std::vector<PowerSample> samples;
  for (auto sample = raw.begin(); sample != end; ++sample) {
    if (sample->timestamp_us <= last_sample_us_) continue;
    last_sample_us_ = sample->timestamp_us;
    samples.push_back({.time_s = static_cast<double>(sample->timestamp_us) * 1e-6 + offset_s,
                       .power_w = watts_of(sample->value, type)});
  }
  return samples;
}

std::optional<double> NvmlMeter::power_now_w() const {
  if (library_->field_values != nullptr) {
    nvml::FieldValue field{};
    field.field = nvml::field_power_instant;
    if (library_->field_values(device_, 1, &field) == nvml::success && field.result == nvml::success) {
      return watts_of(field.value, field.type);
    }
  }
  unsigned power_mw = 0;
  if (library_->power_usage_mw == nullptr || library_->power_usage_mw(device_, &power_mw) != nvml::success) {
    return std::nullopt;
  }
  return power_mw * 1e-3;
}

std::optional<OperatingPoint> NvmlMeter::operating_point() {
  const auto asked = [this](auto* function, unsigned which) -> std::optional<double> {
    unsigned value = 0;
    if (function == nullptr || function(device_, which, &value) != nvml::success) return std::nullopt;
    return value;
  };
  OperatingPoint point;
  point.time_s = clock_.now_s();
  point.sm_clock_mhz = asked(library_->clock_mhz, nvml::clock_sm);
  point.memory_clock_mhz = asked(library_->clock_mhz, nvml::clock_memory);
  point.temperature_c = asked(library_->temperature_c, nvml::temperature_gpu);
  point.power_w = power_now_w();
  unsigned long long reasons = 0;
  if (library_->clocks_event_reasons != nullptr && library_->clocks_event_reasons(device_, &reasons) == nvml::success) {
    point.throttle_reasons = reasons;
  }
  return point;
}

std::optional<int> NvmlMeter::other_processes() {
  if (library_->compute_processes == nullptr) return std::nullopt;
  std::vector<nvml::ProcessInfo> processes(16);
  for (int attempt = 0; attempt < 4; ++attempt) {  // the list may grow between two calls
    unsigned count = static_cast<unsigned>(processes.size());
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
