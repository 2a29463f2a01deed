#pragma once
// Calls without the GIL, which the interpreter's end has to wait for: a thread that comes back for the GIL after that
// is ended by Python in the middle of C++, which ends the whole process.

#include <pybind11/pybind11.h>

namespace clear_native::bindings {

/// Gives the GIL up and takes it again, as `py::gil_scoped_release` does, and is counted meanwhile.
class ReleasedGil {
 public:
  ReleasedGil() = default;

 private:
  struct Counted {
    Counted();
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted();
  };
  Counted counted_;  // until the GIL is taken again: members end in reverse
  pybind11::gil_scoped_release release_;
};

/// From now on every running measurement ends as if by Ctrl-C. Returns how many calls are without the GIL.
int end_measurements() noexcept;
bool measurements_end() noexcept;

}  // namespace clear_native::bindings
