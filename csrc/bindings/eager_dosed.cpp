#include "eager_dosed.hpp"

#include <string>
#include <utility>

#include "core/errors.hpp"
#include "eager_workload.hpp"

namespace clear_native::bindings {
namespace py = pybind11;

EagerDosedWorkloads::EagerDosedWorkloads(py::object make, py::object synchronize, int passes)
    : make_(std::move(make)), synchronize_(std::move(synchronize)), passes_(passes) {
  if (passes >= 1) return;
  throw Error(ErrorKind::bad_input, "passes is " + std::to_string(passes) + "; a launch needs at least 1.");
}

EagerDosedWorkloads::~EagerDosedWorkloads() {
  const py::gil_scoped_acquire acquire;
  make_ = py::object();
  synchronize_ = py::object();
}

std::unique_ptr<Workload> EagerDosedWorkloads::make(const Doses& doses) {
  const py::gil_scoped_acquire acquire;
  try {
    py::list list;
    for (const std::int8_t dose : doses) {
      list.append(static_cast<int>(dose));
    }
    return std::make_unique<EagerWorkload>(make_(list), synchronize_, passes_);
  } catch (const py::error_already_set& error) {
    if (error.matches(PyExc_KeyboardInterrupt)) throw Error(ErrorKind::interrupted, "interrupted in building a run");
    throw Error(kind_of(error), std::string("making a dosed run of the model raised: ") + error.what() +
                                    "\nWhat was finished before is kept.");
  }
}

}  // namespace clear_native::bindings
