#pragma once
// An eager Python callable as a Workload. It is called on the caller's thread alone, with the GIL taken for the call.

#include <pybind11/pybind11.h>

#include "core/errors.hpp"
#include "core/windows/host_odometer.hpp"
#include "core/windows/workload.hpp"

namespace clear_native::bindings {

/// What an exception of the model's own code is: device_out_of_memory (torch's, Python's, and what torch raises for a
/// CPU), else workload_failed. With the GIL.
ErrorKind kind_of(const pybind11::error_already_set& error);

class EagerWorkload final : public Workload {
 public:
  /// `run` does one pass; `synchronize` (or None) returns when the device has done what `run` started.
  EagerWorkload(pybind11::object run, pybind11::object synchronize, int passes_per_launch);
  ~EagerWorkload() override;
  EagerWorkload(const EagerWorkload&) = delete;
  EagerWorkload& operator=(const EagerWorkload&) = delete;

  [[nodiscard]] double passes_per_launch() const override { return passes_per_launch_; }
  void launch() override;
  bool wait_for_room(double& /*look_again_s*/) override { return true; }
  [[nodiscard]] OdometerReading odometer() const override { return odometer_.read(); }
  void drain() override;

 private:
  pybind11::object run_;
  pybind11::object synchronize_;
  int passes_per_launch_;
  HostOdometer odometer_;
};

}  // namespace clear_native::bindings
