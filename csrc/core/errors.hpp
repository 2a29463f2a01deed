#pragma once
// Typed errors of the engine. Every message says what was seen, what was expected and what to do.
// The bindings translate each kind once to the Python class of the same name in clear_native/errors.py.

#include <stdexcept>
#include <string>

namespace clear_native {

enum class ErrorKind {
  bad_input,           // the caller's arguments or model
  no_driver,           // libcuda or libnvidia-ml is not there
  sensor_unsupported,  // this device has no such sensor, or no device with this UUID
  sensor_permission,   // the sensor is there but may not be read
  sensor_fault,        // the reading goes back or stands still
  mig_unsupported,     // the device is a MIG instance, or is partitioned into such
  device_lost,         // the GPU fell off the bus, or its context is broken
  device_out_of_memory,
  capture_failed,   // the work cannot be held in a CUDA graph, or its graph cannot be copied
  cuda_error,       // any other failure of the CUDA driver
  workload_failed,  // what is measured failed by itself, after it had run before
  interrupted,      // Ctrl-C
};

/// The name of the Python class that this kind becomes, e.g. "SensorFaultError".
const char* python_class_name(ErrorKind kind) noexcept;

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace clear_native
