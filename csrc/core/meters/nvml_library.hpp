#pragma once
// libnvidia-ml, loaded at run time: from $CLEAR_NVML_LIBRARY where that is set (tests), else libnvidia-ml.so.1.

#include <memory>
#include <string>

#include "core/errors.hpp"
#include "nvml_types.hpp"

namespace clear_native {

/// The functions, initialised. A required one that is missing is an Error; an optional one is null where the driver is
/// too old to have it.
class NvmlLibrary {
 public:
  /// Throws Error(no_driver) where the library, a required function or the driver is not there.
  static std::shared_ptr<NvmlLibrary> load();

  NvmlLibrary(const NvmlLibrary&) = delete;
  NvmlLibrary& operator=(const NvmlLibrary&) = delete;
  NvmlLibrary(NvmlLibrary&&) = delete;
  NvmlLibrary& operator=(NvmlLibrary&&) = delete;
  ~NvmlLibrary();

  /// Throws the Error that `result` stands for, unless it is success. `doing` completes "... while <doing>".
  void check(nvml::Return result, const std::string& doing) const;
  /// NVML's own words and the number.
  [[nodiscard]] std::string describe(nvml::Return result) const;

  // required
  nvml::Return (*init)() = nullptr;
  nvml::Return (*shutdown)() = nullptr;
  const char* (*error_string)(nvml::Return) = nullptr;
  nvml::Return (*device_by_uuid)(const char*, nvml::Device*) = nullptr;
  // optional
  nvml::Return (*total_energy_mj)(nvml::Device, unsigned long long*) = nullptr;
  nvml::Return (*samples)(nvml::Device, unsigned, unsigned long long, nvml::ValueType*, unsigned*,
                          nvml::Sample*) = nullptr;
  nvml::Return (*clock_mhz)(nvml::Device, unsigned, unsigned*) = nullptr;
  nvml::Return (*temperature_c)(nvml::Device, unsigned, unsigned*) = nullptr;
  nvml::Return (*clocks_event_reasons)(nvml::Device, unsigned long long*) = nullptr;
  nvml::Return (*power_usage_mw)(nvml::Device, unsigned*) = nullptr;
  nvml::Return (*field_values)(nvml::Device, int, nvml::FieldValue*) = nullptr;
  nvml::Return (*compute_processes)(nvml::Device, unsigned*, nvml::ProcessInfo*) = nullptr;
  nvml::Return (*compute_capability)(nvml::Device, int*, int*) = nullptr;
  nvml::Return (*mig_mode)(nvml::Device, unsigned*, unsigned*) = nullptr;
  // optional, to list what is there
  nvml::Return (*device_count)(unsigned*) = nullptr;
  nvml::Return (*device_by_index)(unsigned, nvml::Device*) = nullptr;
  nvml::Return (*device_uuid)(nvml::Device, char*, unsigned) = nullptr;
  nvml::Return (*device_name)(nvml::Device, char*, unsigned) = nullptr;
  nvml::Return (*driver_version)(char*, unsigned) = nullptr;
  nvml::Return (*nvml_version)(char*, unsigned) = nullptr;
  nvml::Return (*power_limit_mw)(nvml::Device, unsigned*) = nullptr;
  nvml::Return (*default_power_limit_mw)(nvml::Device, unsigned*) = nullptr;
  nvml::Return (*persistence_mode)(nvml::Device, unsigned*) = nullptr;

 private:
  NvmlLibrary() = default;
  void load_functions();

  void* handle_ = nullptr;
  std::string path_;
  bool initialised_ = false;
};

}  // namespace clear_native
