#pragma once
// Dosed runs of an eager model: Python makes a callable for every set of doses.

#include <pybind11/pybind11.h>

#include <memory>

#include "core/weighing/dosed_workloads.hpp"

namespace clear_native::bindings {

class EagerDosedWorkloads final : public DosedWorkloads {
 public:
  /// `make(doses)` returns a callable that does one pass of the model and goes through the `passes` unrolled passes of
  /// the doses in turn; `synchronize` (or None) returns when the device has done what the callable started.
  EagerDosedWorkloads(pybind11::object make, pybind11::object synchronize, int passes);
  ~EagerDosedWorkloads() override;
  EagerDosedWorkloads(const EagerDosedWorkloads&) = delete;
  EagerDosedWorkloads& operator=(const EagerDosedWorkloads&) = delete;

  std::unique_ptr<Workload> make(const Doses& doses) override;

 private:
  pybind11::object make_;
  pybind11::object synchronize_;
  int passes_;
};

}  // namespace clear_native::bindings
