#pragma once
// The caller's view of a running measurement: Python's signals and a progress callback.

#include <pybind11/pybind11.h>

#include "core/rounds/rounds.hpp"

namespace clear_native::bindings {

/// Signals are looked for on the caller's thread; Ctrl-C ends the measurement and keeps what is finished. Any other
/// exception that a handler raises passes through.
Watch signal_watch();

/// With a callback that gets every Progress as a dict, or None. Ctrl-C in the callback is told at the next look for
/// signals, so that it keeps what is finished too. Must outlive the measurement and stay where it is.
class PythonWatch {
 public:
  explicit PythonWatch(const pybind11::object& progress);
  PythonWatch(const PythonWatch&) = delete;
  PythonWatch& operator=(const PythonWatch&) = delete;
  [[nodiscard]] const RoundsWatch& watch() const noexcept { return watch_; }

 private:
  RoundsWatch watch_;
  bool interrupted_in_progress_ = false;
};

}  // namespace clear_native::bindings
