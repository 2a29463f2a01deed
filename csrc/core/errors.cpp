#include "core/errors.hpp"

namespace clear_native {

const char* python_class_name(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::bad_input:
      return "BadInputError";
    case ErrorKind::no_driver:
      return "NoDriverError";
    case ErrorKind::sensor_unsupported:
      return "SensorUnsupportedError";
    case ErrorKind::sensor_permission:
      return "SensorPermissionError";
    case ErrorKind::sensor_fault:
      return "SensorFaultError";
    case ErrorKind::mig_unsupported:
      return "MigUnsupportedError";
    case ErrorKind::device_lost:
      return "DeviceLostError";
    case ErrorKind::device_out_of_memory:
      return "DeviceOutOfMemoryError";
    case ErrorKind::capture_failed:
      return "CaptureFailedError";
    case ErrorKind::cuda_error:
      return "CudaError";
    case ErrorKind::workload_failed:
      return "WorkloadFailedError";
    case ErrorKind::interrupted:
      return "Interrupted";  // a KeyboardInterrupt there
  }
  return "ClearNativeError";
}

}  // namespace clear_native
