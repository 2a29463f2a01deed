#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "bindings.hpp"
#include "core/rounds/rounds.hpp"
#include "core/windows/calibrate.hpp"
#include "records.hpp"
#include "released_gil.hpp"
#include "roles.hpp"
#include "watch.hpp"

namespace clear_native::bindings {
namespace py = pybind11;

namespace {

py::dict rounds_as_dict(const std::shared_ptr<EnergyMeter>& meter, const std::vector<TargetTuple>& targets,
                        const RoundsOptions& options, const py::object& progress) {
  const PythonWatch watch(progress);
  RoundsResult result;
  {
    const ReleasedGil release;
    ThreadedRunner runner;
    result = run_rounds(runner, *meter, targets_from(targets), options, watch.watch());
  }
  return to_dict(result);
}

py::tuple calibrate_factory(ReplayFactory& factory, double min_launch_s, int max_passes) {
  CalibratedReplay calibrated;
  {
    const ReleasedGil release;
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
  const ReleasedGil release;
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
      .def_readwrite("fraction", &RoundsOptions::fraction)
      .def_readwrite("largest_fraction", &RoundsOptions::largest_fraction)
      .def_readwrite("pairs_per_round", &RoundsOptions::pairs_per_round)
      .def_readwrite("uniform_pairs", &RoundsOptions::uniform_pairs)
      .def_readwrite("dosed_duration_s", &RoundsOptions::dosed_duration_s)
      .def_readwrite("dosed_max_duration_s", &RoundsOptions::dosed_max_duration_s)
      .def_readwrite("dosed_lead_in_s", &RoundsOptions::dosed_lead_in_s)
      .def_readwrite("near_lead_in_max_s", &RoundsOptions::near_lead_in_max_s)
      .def_readwrite("reference_duration_s", &RoundsOptions::reference_duration_s)
      .def_readwrite("chain_windows", &RoundsOptions::chain_windows)
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
  module.def("run_rounds", &rounds_as_dict, py::arg("meter"), py::arg("targets"), py::arg("options"),
             py::arg("progress") = py::none(),
             "Windows of all targets [(name, role, workload)] in rounds of random order; the result as a dict.");
  module.def("calibrate", &calibrate_factory, py::arg("factory"), py::arg("min_launch_s") = 2e-3,
             py::arg("max_passes") = 4096, "(workload, chosen, tried): K and the faster shape of replay.");
  module.def("time_per_pass", &seconds_per_pass, py::arg("workload"), py::arg("min_s") = 0.02,
             py::arg("min_launches") = 3, "Seconds per pass, after a warm-up launch.");
  module.def("end_measurements", &end_measurements,
             "Ends what runs, as if by Ctrl-C; how many calls still run without the GIL. For the interpreter's end.");
}

}  // namespace clear_native::bindings
