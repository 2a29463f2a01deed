#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "core/meters/scripted_meter.hpp"
#include "core/monitor/energy_monitor.hpp"
#include "records.hpp"
#include "released_gil.hpp"

namespace clear_native::bindings {
namespace py = pybind11;
using namespace pybind11::literals;

namespace {

py::object energies(const EnergyMonitor& monitor, const Edge& begin, const Edge& end, double timeout_s) {
  std::optional<std::vector<WindowEnergy>> found;
  {
    const ReleasedGil release;
    found = monitor.energies(begin, end, timeout_s);
  }
  if (!found) return py::none();
  py::list list;
  for (const WindowEnergy& energy : *found) {
    list.append(py::dict("status"_a = energy.status, "message"_a = energy.message, "energy_j"_a = energy.energy_j,
                         "half_width_j"_a = energy.half_width_j));
  }
  return list;
}

std::shared_ptr<ScriptedMeter> scripted(std::vector<std::pair<double, double>> power_w, double period_s,
                                        double quantum_j, double read_s, double sample_period_s, double sample_lag_s,
                                        std::string scope, std::string device, std::optional<double> back_at_s,
                                        std::optional<double> stalls_at_s, std::optional<double> lost_at_s) {
  return std::make_shared<ScriptedMeter>(
      Script{.power_w = std::move(power_w),
             .period_s = period_s,
             .quantum_j = quantum_j,
             .read_s = read_s,
             .sample_period_s = sample_period_s,
             .sample_lag_s = sample_lag_s,
             .scope = std::move(scope),
             .device = std::move(device),
             .faults = {.back_at_s = back_at_s, .stalls_at_s = stalls_at_s, .lost_at_s = lost_at_s}});
}

}  // namespace

void register_monitor(py::module_& module) {
  py::class_<ScriptedMeter, EnergyMeter, std::shared_ptr<ScriptedMeter>>(
      module, "ScriptedMeter", "A meter whose truth is known. Times are seconds of the monotonic clock.")
      .def(py::init(&scripted), py::arg("power_w"), py::arg("period_s") = 0.1, py::arg("quantum_j") = 1e-3,
           py::arg("read_s") = 0.0, py::arg("sample_period_s") = 0.0, py::arg("sample_lag_s") = 0.0,
           py::arg("scope") = "gpu", py::arg("device") = "scripted", py::arg("back_at_s") = py::none(),
           py::arg("stalls_at_s") = py::none(), py::arg("lost_at_s") = py::none(),
           "power_w: [(from when on, watts)]; period_s: of its counter, 0 for none; the last three: its faults.")
      .def("energy_between_j", &ScriptedMeter::energy_between_j, py::arg("begin_s"), py::arg("end_s"), "The truth.");
  py::class_<Edge, std::shared_ptr<Edge>>(module, "Edge", "The moment at which a window begins or ends.")
      .def_property_readonly("time_s", &Edge::time_s, "None while it waits for a change of the meter.")
      .def_property_readonly("aligned", &Edge::is_aligned, "Whether it is at a change of the first meter.")
      .def("wait_for_time", &Edge::wait_for_time, py::arg("timeout_s"), "Whether time_s is known by then.",
           py::call_guard<ReleasedGil>());
  py::class_<EnergyMonitor, std::shared_ptr<EnergyMonitor>>(
      module, "EnergyMonitor", "Follows meters on threads of its own, so that edges of windows cost microseconds.")
      .def(py::init<std::vector<std::shared_ptr<EnergyMeter>>>(), py::arg("meters"), py::call_guard<ReleasedGil>())
      // Takes no lock that a slow call holds, so it keeps the GIL: giving it up could cost milliseconds.
      .def("mark", &EnergyMonitor::mark, py::arg("aligned") = false, "Now, or the next change of the first meter.")
      .def("energies", &energies, py::arg("begin"), py::arg("end"), py::arg("timeout_s"),
           "[{status, message, energy_j, half_width_j}] per meter; None where one does not know by then.")
      .def("close", &EnergyMonitor::close, "No more edges.", py::call_guard<ReleasedGil>())
      .def("stop", &EnergyMonitor::stop, "The same, and its threads end at once.", py::call_guard<ReleasedGil>());
}

}  // namespace clear_native::bindings
