#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "bindings.hpp"
#include "core/calibrate.hpp"
#include "core/rounds.hpp"
#include "records.hpp"

namespace clear_native::bindings {
namespace py = pybind11;

namespace {

using TargetTuple = std::tuple<std::string, std::string, std::shared_ptr<Workload>>;

TargetRole role_from(const std::string& role) {
  if (role == "plain") return TargetRole::plain;
  if (role == "preserved") return TargetRole::preserved;
  if (role == "component") return TargetRole::component;
  if (role == "idle") return TargetRole::idle;
  throw Error(ErrorKind::bad_input,
              "unknown role of a target: '" + role + "'; expected plain, preserved, component or idle");
}

/// Signals are looked for on the caller's thread; Ctrl-C ends the measurement and keeps what is finished. Any other
/// exception that a handler raises passes through.
Watch signal_watch() {
  return {[] {
    const py::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() == 0) return false;
    const py::error_already_set raised;
    if (!raised.matches(PyExc_KeyboardInterrupt)) throw raised;
    return true;
  }};
}

py::dict run(const std::shared_ptr<EnergyMeter>& meter, const std::vector<TargetTuple>& targets,
             const RoundsOptions& options, const py::object& progress) {
  std::vector<Target> native;
  native.reserve(targets.size());
  for (const auto& [name, role, workload] : targets) {
    native.push_back({.name = name, .role = role_from(role), .workload = workload.get()});
  }
  // Ctrl-C in the progress callback is told at the next look for signals, so that it keeps what is finished too.
  bool interrupted_in_progress = false;
  const Watch signals = signal_watch();
  RoundsWatch watch;
  watch.window.interrupted = [&] { return interrupted_in_progress || signals.interrupted(); };
  if (!progress.is_none()) {
    watch.progress = [&](const Progress& now) {
      const py::gil_scoped_acquire acquire;
      try {
        progress(to_dict(now));
      } catch (const py::error_already_set& error) {
        if (!error.matches(PyExc_KeyboardInterrupt)) throw;
        interrupted_in_progress = true;
      }
    };
  }
  RoundsResult result;
  {
    const py::gil_scoped_release release;
    ThreadedRunner runner;
    result = run_rounds(runner, *meter, native, options, watch);
  }
  return to_dict(result);
}

py::tuple calibrate_factory(ReplayFactory& factory, double min_launch_s, int max_passes) {
  CalibratedReplay calibrated;
  {
    const py::gil_scoped_release release;
    ThreadedRunner runner;
    calibrated = calibrate(runner, factory, min_launch_s, max_passes, signal_watch());
  }
  py::list tried;
  for (const ReplayTiming& timing : calibrated.tried) {
    tried.append(to_dict(timing));
  }
  return py::make_tuple(std::shared_ptr<Workload>(std::move(calibrated.workload)), to_dict(calibrated.chosen), tried);
}

double seconds_per_pass(Workload& workload, double min_s, int min_launches) {
  const py::gil_scoped_release release;
  ThreadedRunner runner;
  return time_per_pass(runner, workload, min_s, min_launches, signal_watch());
}

}  // namespace

void register_rounds(py::module_& module) {
  py::class_<RoundsOptions>(module, "RoundsOptions", "How long and how precisely to measure; seconds and ratios.")
      .def(py::init<>())
      .def_readwrite("precision", &RoundsOptions::precision)
      .def_readwrite("precision_of_model", &RoundsOptions::precision_of_model)
      .def_readwrite("max_time_s", &RoundsOptions::max_time_s)
      .def_readwrite("min_rounds", &RoundsOptions::min_rounds)
      .def_readwrite("max_rounds", &RoundsOptions::max_rounds)
      .def_readwrite("pilot_rounds", &RoundsOptions::pilot_rounds)
      .def_readwrite("seed", &RoundsOptions::seed)
      .def_property(
          "lead_in_min_s", [](const RoundsOptions& options) { return options.window.lead_in_min_s; },
          [](RoundsOptions& options, double seconds) { options.window.lead_in_min_s = seconds; })
      .def_property(
          "lead_in_max_s", [](const RoundsOptions& options) { return options.window.lead_in_max_s; },
          [](RoundsOptions& options, double seconds) { options.window.lead_in_max_s = seconds; })
      .def_property(
          "duration_s", [](const RoundsOptions& options) { return options.window.duration_s; },
          [](RoundsOptions& options, double seconds) { options.window.duration_s = seconds; });
  const py::class_<ReplayFactory, std::shared_ptr<ReplayFactory>> factory(
      module, "ReplayFactory", "Makes replays of one thing in the shapes it can take.");
  module.def("run_rounds", &run, py::arg("meter"), py::arg("targets"), py::arg("options"),
             py::arg("progress") = py::none(),
             "Windows of all targets [(name, role, workload)] in rounds of random order; the result as a dict.");
  module.def("calibrate", &calibrate_factory, py::arg("factory"), py::arg("min_launch_s") = 2e-3,
             py::arg("max_passes") = 4096, "(workload, chosen, tried): K and the faster shape of replay.");
  module.def("time_per_pass", &seconds_per_pass, py::arg("workload"), py::arg("min_s") = 0.02,
             py::arg("min_launches") = 3, "Seconds per pass, after a warm-up launch.");
}

}  // namespace clear_native::bindings
