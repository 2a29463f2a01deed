#include "nvml_listing.hpp"

#include <array>
#include <memory>

#include "nvml_library.hpp"

namespace clear_native {
namespace {

/// What a function that fills a buffer of characters wrote; absent where it is not there or fails.
template <typename Call>
std::optional<std::string> text_by(Call call) {
  std::array<char, nvml::uuid_buffer_size> text{};
  if (call(text.data(), static_cast<unsigned>(text.size() - 1)) != nvml::success) return std::nullopt;
  return std::string(text.data());
}

std::optional<double> watts_by(nvml::Return (*function)(nvml::Device, unsigned*), nvml::Device device) {
  unsigned power_mw = 0;
  if (function == nullptr || function(device, &power_mw) != nvml::success) return std::nullopt;
  return power_mw * nvml::w_per_mw;
}

std::optional<std::string> capability_of(const NvmlLibrary& library, nvml::Device device) {
  int major = 0;
  int minor = 0;
  if (library.compute_capability == nullptr) return std::nullopt;
  if (library.compute_capability(device, &major, &minor) != nvml::success) return std::nullopt;
  return std::to_string(major) + "." + std::to_string(minor);
}

std::optional<bool> persistence_of(const NvmlLibrary& library, nvml::Device device) {
  unsigned mode = 0;
  if (library.persistence_mode == nullptr) return std::nullopt;
  if (library.persistence_mode(device, &mode) != nvml::success) return std::nullopt;
  return mode != 0;
}

std::optional<bool> mig_of(const NvmlLibrary& library, nvml::Device device) {
  unsigned current = 0;
  unsigned pending = 0;
  if (library.mig_mode == nullptr) return std::nullopt;
  if (library.mig_mode(device, &current, &pending) != nvml::success) return std::nullopt;
  return current == nvml::mig_enabled;
}

GpuFacts facts_of(const NvmlLibrary& library, nvml::Device device, std::string uuid) {
  GpuFacts facts;
  facts.uuid = std::move(uuid);
  if (library.device_name != nullptr) {
    facts.name = text_by([&](char* text, unsigned size) { return library.device_name(device, text, size); });
  }
  facts.compute_capability = capability_of(library, device);
  facts.power_limit_w = watts_by(library.power_limit_mw, device);
  facts.default_power_limit_w = watts_by(library.default_power_limit_mw, device);
  facts.persistence_mode = persistence_of(library, device);
  facts.is_partitioned = mig_of(library, device);
  return facts;
}

}  // namespace

NvmlListing list_gpus() {
  const std::shared_ptr<NvmlLibrary> library = NvmlLibrary::load();
  NvmlListing listing;
  if (library->driver_version != nullptr) listing.driver = text_by(library->driver_version);
  if (library->nvml_version != nullptr) listing.nvml = text_by(library->nvml_version);
  if (library->device_count == nullptr || library->device_by_index == nullptr || library->device_uuid == nullptr) {
    return listing;
  }
  unsigned count = 0;
  library->check(library->device_count(&count), "counting the GPUs");
  for (unsigned i = 0; i < count; ++i) {
    nvml::Device device = nullptr;
    if (library->device_by_index(i, &device) != nvml::success) continue;  // one that this user may not see
    const auto uuid = text_by([&](char* text, unsigned size) { return library->device_uuid(device, text, size); });
    if (uuid) listing.gpus.push_back(facts_of(*library, device, *uuid));
  }
  return listing;
}

}  // namespace clear_native
