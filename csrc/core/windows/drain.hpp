#pragma once
// No way out of a measurement may leave work queued on the device.

#include "workload.hpp"

namespace clear_native {

/// Drains in the destructor unless drain() was called; what draining throws while something else is being thrown is
/// dropped, because it would hide the cause (a lost device cannot be drained either).
class DrainOnUnwind {
 public:
  explicit DrainOnUnwind(Workload& workload) : workload_(workload) {}
  DrainOnUnwind(const DrainOnUnwind&) = delete;
  DrainOnUnwind& operator=(const DrainOnUnwind&) = delete;
  DrainOnUnwind(DrainOnUnwind&&) = delete;
  DrainOnUnwind& operator=(DrainOnUnwind&&) = delete;
  ~DrainOnUnwind();

  /// The regular way out: what draining throws is the caller's.
  void drain();

 private:
  Workload& workload_;
  bool drained_ = false;
};

}  // namespace clear_native
