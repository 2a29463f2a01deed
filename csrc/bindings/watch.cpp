#include "watch.hpp"

#include "records.hpp"
#include "released_gil.hpp"

namespace clear_native::bindings {
namespace py = pybind11;

Watch signal_watch() {
  return {[] {
    if (measurements_end()) return true;
    const py::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() == 0) return false;
    const py::error_already_set raised;
    if (!raised.matches(PyExc_KeyboardInterrupt)) throw raised;
    return true;
  }};
}

PythonWatch::PythonWatch(const py::object& progress) {
  watch_.window.interrupted = [this, signals = signal_watch()] {
    return interrupted_in_progress_ || signals.interrupted();
  };
  if (progress.is_none()) return;
  watch_.progress = [this, &progress](const Progress& now) {
    const py::gil_scoped_acquire acquire;
    try {
      progress(to_dict(now));
    } catch (const py::error_already_set& error) {
      if (!error.matches(PyExc_KeyboardInterrupt)) throw;
      interrupted_in_progress_ = true;
    }
  };
}

}  // namespace clear_native::bindings
