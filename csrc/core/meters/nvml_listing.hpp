#pragma once
// The GPUs of this machine, and what NVML tells of them and of itself.

#include <optional>
#include <string>
#include <vector>

namespace clear_native {

/// What the driver does not tell is absent.
struct GpuFacts {
  std::string uuid;
  std::optional<std::string> name;
  std::optional<std::string> compute_capability;  // "9.0"
  std::optional<double> power_limit_w;            // that is kept to now
  std::optional<double> default_power_limit_w;
  std::optional<bool> persistence_mode;
  std::optional<bool> is_partitioned;  // into MIG instances
};

struct NvmlListing {
  std::optional<std::string> driver;
  std::optional<std::string> nvml;
  std::vector<GpuFacts> gpus;  // in NVML's order, which is not always CUDA's
};

/// Throws Error(no_driver) and what else NvmlLibrary::load() throws.
NvmlListing list_gpus();

}  // namespace clear_native
