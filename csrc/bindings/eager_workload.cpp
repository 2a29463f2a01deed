#include "eager_workload.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace clear_native::bindings {
namespace py = pybind11;

ErrorKind kind_of(const py::error_already_set& error) {
  const std::string type = py::str(error.type().attr("__name__"));
  const bool no_memory = error.matches(PyExc_MemoryError) || type == "OutOfMemoryError" ||
                         std::string_view(error.what()).find("can't allocate memory") != std::string_view::npos;
  return no_memory ? ErrorKind::device_out_of_memory : ErrorKind::workload_failed;
}

EagerWorkload::EagerWorkload(py::object run, py::object synchronize, int passes_per_launch)
    : run_(std::move(run)), synchronize_(std::move(synchronize)), passes_per_launch_(passes_per_launch) {}

EagerWorkload::~EagerWorkload() {
  const py::gil_scoped_acquire acquire;
  run_ = py::object();
  synchronize_ = py::object();
}

void EagerWorkload::launch() {
  {
    const py::gil_scoped_acquire acquire;
    try {
      for (int pass = 0; pass < passes_per_launch_; ++pass) run_();
      if (!synchronize_.is_none()) synchronize_();
    } catch (const py::error_already_set& error) {
      // Ctrl-C arrives inside the callable as often as between two: what is finished is kept in both cases.
      if (error.matches(PyExc_KeyboardInterrupt)) throw Error(ErrorKind::interrupted, "interrupted in a pass");
      // Told like any other failure, so that the finished windows come back with it.
      throw Error(kind_of(error), std::string("the model raised in a pass that had run before: ") + error.what() +
                                      "\nWhat was finished before is kept.");
    }
  }
  odometer_.add(passes_per_launch_);
}

void EagerWorkload::drain() {
  // After a whole launch there is nothing left; after one that raised, the device may still be busy with it.
  const py::gil_scoped_acquire acquire;
  if (synchronize_.is_none()) return;
  try {
    synchronize_();
  } catch (const py::error_already_set& error) {
    throw Error(ErrorKind::workload_failed, std::string("waiting for the device failed: ") + error.what());
  }
}

}  // namespace clear_native::bindings
