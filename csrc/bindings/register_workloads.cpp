#include <pybind11/stl.h>

#include <memory>
#include <utility>

#include "bindings.hpp"
#include "core/windows/idle_workload.hpp"
#include "core/windows/workload.hpp"
#include "eager_workload.hpp"
#include "released_gil.hpp"

namespace clear_native::bindings {
namespace py = pybind11;

void register_workloads(py::module_& module) {
  py::class_<Workload, std::shared_ptr<Workload>>(module, "Workload", "Something that can be run again and again.")
      .def_property_readonly("passes_per_launch", &Workload::passes_per_launch)
      .def("launch", &Workload::launch, "Enqueue one launch.", py::call_guard<ReleasedGil>())
      .def("drain", &Workload::drain, "Return when everything launched is done.", py::call_guard<ReleasedGil>())
      .def(
          "odometer",
          [](const Workload& workload) {
            const OdometerReading reading = workload.odometer();
            return std::make_pair(reading.time_s, reading.passes);
          },
          "(time_s, passes): so many passes were done at that time of the monotonic clock.");
  py::class_<EagerWorkload, Workload, std::shared_ptr<EagerWorkload>>(module, "EagerWorkload",
                                                                      "A Python callable, called on this thread.")
      .def(py::init<py::object, py::object, int>(), py::arg("run"), py::arg("synchronize") = py::none(),
           py::arg("passes_per_launch") = 1);
  py::class_<IdleWorkload, Workload, std::shared_ptr<IdleWorkload>>(module, "IdleWorkload",
                                                                    "Nothing runs; its passes are seconds.")
      .def(py::init<>());
}

}  // namespace clear_native::bindings
