#include "nvml_library.hpp"

#include <dlfcn.h>

#include <cstdlib>

namespace clear_native {
namespace {

constexpr const char* default_path = "libnvidia-ml.so.1";
constexpr const char* estimate_hint = " Without it, only meter=\"estimate\" is possible.";

ErrorKind kind_of(nvml::Return result) {
  switch (result) {
    case nvml::error_not_supported:
    case nvml::error_not_found:
      return ErrorKind::sensor_unsupported;
    case nvml::error_no_permission:
      return ErrorKind::sensor_permission;
    case nvml::error_gpu_is_lost:
    case nvml::error_reset_required:
      return ErrorKind::device_lost;
    case nvml::error_driver_not_loaded:
    case nvml::error_library_not_found:
    case nvml::error_lib_rm_version_mismatch:
      return ErrorKind::no_driver;
    default:
      return ErrorKind::sensor_fault;
  }
}

const char* what_to_do(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::sensor_unsupported:
      return " This GPU does not offer it; an energy counter is in Volta and newer data-centre and workstation GPUs. "
             "meter=\"auto\" takes the best there is, meter=\"estimate\" needs no sensor.";
    case ErrorKind::sensor_permission:
      return " Ask the administrator for access to the GPU's sensors (container runtime: capability 'utility'), or "
             "use meter=\"estimate\".";
    case ErrorKind::device_lost:
      return " The GPU needs a reset or a reboot; look at dmesg for the Xid error.";
    case ErrorKind::no_driver:
      return " Load the NVIDIA driver, and reboot if it was just updated; nvidia-smi must work first.";
    default:
      return " Measure again; if it persists, see whether nvidia-smi works.";
  }
}

template <class Function>
bool find(void* handle, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(handle, name));
  return function != nullptr;
}

}  // namespace

std::shared_ptr<NvmlLibrary> NvmlLibrary::load() {
  // Not make_shared: the constructor is private, so that nobody has a library without functions.
  std::shared_ptr<NvmlLibrary> library(new NvmlLibrary);
  const char* wanted = std::getenv("CLEAR_NVML_LIBRARY");
  library->path_ = wanted != nullptr && *wanted != '\0' ? wanted : default_path;
  library->handle_ = dlopen(library->path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library->handle_ == nullptr) {
    const char* reason = dlerror();
    throw Error(ErrorKind::no_driver, "The NVIDIA management library cannot be loaded (" +
                                          std::string(reason != nullptr ? reason : library->path_) +
                                          "). It comes with the NVIDIA driver: install that." + estimate_hint);
  }
  library->load_functions();
  library->check(library->init(), "initialising NVML");
  library->initialised_ = true;
  return library;
}

NvmlLibrary::~NvmlLibrary() {
  if (initialised_) shutdown();
  if (handle_ != nullptr) dlclose(handle_);
}

void NvmlLibrary::load_functions() {
  const auto required = [this](const char* name, auto*& function) {
    if (find(handle_, name, function)) return;
    throw Error(ErrorKind::no_driver, "The NVIDIA management library '" + path_ + "' has no function " + name +
                                          "; the driver is too old. Update it." + estimate_hint);
  };
  required("nvmlInit_v2", init);
  required("nvmlShutdown", shutdown);
  required("nvmlErrorString", error_string);
  required("nvmlDeviceGetHandleByUUID", device_by_uuid);
  find(handle_, "nvmlDeviceGetTotalEnergyConsumption", total_energy_mj);
  find(handle_, "nvmlDeviceGetSamples", samples);
  find(handle_, "nvmlDeviceGetClockInfo", clock_mhz);
  find(handle_, "nvmlDeviceGetTemperature", temperature_c);
  if (!find(handle_, "nvmlDeviceGetCurrentClocksEventReasons", clocks_event_reasons)) {
    find(handle_, "nvmlDeviceGetCurrentClocksThrottleReasons", clocks_event_reasons);  // its name before CUDA 12.3
  }
  find(handle_, "nvmlDeviceGetPowerUsage", power_usage_mw);
  find(handle_, "nvmlDeviceGetFieldValues", field_values);
  if (!find(handle_, "nvmlDeviceGetComputeRunningProcesses_v3", compute_processes)) {
    find(handle_, "nvmlDeviceGetComputeRunningProcesses_v2", compute_processes);
  }
  find(handle_, "nvmlDeviceGetCudaComputeCapability", compute_capability);
  find(handle_, "nvmlDeviceGetMigMode", mig_mode);
  find(handle_, "nvmlDeviceGetCount_v2", device_count);
  find(handle_, "nvmlDeviceGetHandleByIndex_v2", device_by_index);
  find(handle_, "nvmlDeviceGetUUID", device_uuid);
  find(handle_, "nvmlDeviceGetName", device_name);
  find(handle_, "nvmlSystemGetDriverVersion", driver_version);
  find(handle_, "nvmlSystemGetNVMLVersion", nvml_version);
  find(handle_, "nvmlDeviceGetEnforcedPowerLimit", power_limit_mw);
  find(handle_, "nvmlDeviceGetPowerManagementDefaultLimit", default_power_limit_mw);
  find(handle_, "nvmlDeviceGetPersistenceMode", persistence_mode);
}

std::string NvmlLibrary::describe(nvml::Return result) const {
  const char* words = error_string(result);
  return std::string(words != nullptr ? words : "unknown error") + ", NVML error " + std::to_string(result);
}

void NvmlLibrary::check(nvml::Return result, const std::string& doing) const {
  if (result == nvml::success) return;
  const ErrorKind kind = kind_of(result);
  throw Error(kind, "NVML failed (" + describe(result) + ") while " + doing + "." + what_to_do(kind));
}

}  // namespace clear_native
