#pragma once
// The device's primary context, the one torch works in.

#include <cuda.h>

#include <cstddef>
#include <memory>
#include <string>

namespace clear_native::cuda {

struct DeviceProperties {
  int ordinal = 0;   // CUDA's, after CUDA_VISIBLE_DEVICES
  std::string uuid;  // "GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", as NVML writes it
  std::string name;
  int compute_major = 0;
  int compute_minor = 0;
  std::size_t l2_bytes = 0;
  int sm_count = 0;
  int driver_version = 0;  // 13000 is CUDA 13.0
};

/// Devices that CUDA shows to this process. Throws Error(no_driver).
int device_count();

/// "GPU-...", as NVML writes it; makes no context. Throws Error: no_driver, bad_input where there is no such device.
std::string device_uuid(int ordinal);

/// Retained as long as this lives.
class PrimaryContext {
 public:
  /// Throws Error(bad_input) where there is no such device.
  static std::shared_ptr<const PrimaryContext> of_ordinal(int ordinal);
  /// With or without "GPU-", in any case.
  static std::shared_ptr<const PrimaryContext> of_uuid(const std::string& uuid);

  ~PrimaryContext();
  PrimaryContext(const PrimaryContext&) = delete;
  PrimaryContext& operator=(const PrimaryContext&) = delete;

  [[nodiscard]] const DeviceProperties& properties() const noexcept { return properties_; }
  [[nodiscard]] CUcontext handle() const noexcept { return handle_; }

 private:
  explicit PrimaryContext(int ordinal);

  DeviceProperties properties_;
  CUdevice device_ = 0;
  CUcontext handle_ = nullptr;
};

/// Makes the context current on this thread for a scope. What was current before is current again after it.
class ContextScope {
 public:
  explicit ContextScope(const PrimaryContext& context);
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;
};

}  // namespace clear_native::cuda
