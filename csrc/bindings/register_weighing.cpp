#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "core/weighing/second_runs.hpp"
#include "core/weighing/weighing.hpp"
#include "eager_dosed.hpp"
#include "records.hpp"
#include "released_gil.hpp"
#include "roles.hpp"
#include "watch.hpp"

namespace clear_native::bindings {
namespace py = pybind11;

namespace {

py::dict weighing_as_dict(const std::shared_ptr<EnergyMeter>& meter, const std::vector<TargetTuple>& references,
                          const WeighingLayout& layout, const std::shared_ptr<DosedWorkloads>& dosed,
                          const RoundsOptions& options, const py::object& progress) {
  const PythonWatch watch(progress);
  WeighingResult result;
  {
    const ReleasedGil release;
    ThreadedRunner runner;
    result = run_weighing(runner, *meter, targets_from(references), layout, *dosed, options, watch.watch());
  }
  return to_dict(result);
}

py::list rows(const WeighingLayout& layout, double fraction, std::uint64_t seed, int round) {
  py::list list;
  for (const DosedRow& row : draw_rows(layout, fraction, seed, round)) {
    const std::vector<int> doses(row.doses.begin(), row.doses.end());
    list.append(py::make_tuple(row.pair, row.sign, doses, row.component_doses));
  }
  return list;
}

std::vector<std::pair<std::size_t, std::size_t>> second_runs_as_pairs(const std::vector<std::size_t>& kind_of_call,
                                                                      bool cold) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const CallAgain& again : second_runs_in_graph(kind_of_call, cold)) pairs.emplace_back(again.call, again.after);
  return pairs;
}

}  // namespace

void register_weighing(py::module_& module) {
  py::class_<WeighingLayout>(module, "WeighingLayout", "Which calls of a pass can be dosed, and whose they are.")
      .def(py::init([](std::vector<std::string> components, std::vector<std::optional<std::size_t>> component_of_call,
                       int passes, std::optional<std::vector<std::size_t>> twin_of_call,
                       std::optional<std::vector<std::size_t>> kind_of_call) {
             return WeighingLayout{.components = std::move(components),
                                   .component_of_call = std::move(component_of_call),
                                   .passes = passes,
                                   .twin_of_call = std::move(twin_of_call).value_or(std::vector<std::size_t>{}),
                                   .kind_of_call = std::move(kind_of_call).value_or(std::vector<std::size_t>{})};
           }),
           py::arg("components"), py::arg("component_of_call"), py::arg("passes"), py::arg("twin_of_call") = py::none(),
           py::arg("kind_of_call") = py::none(),
           "component_of_call: per call of a pass in order, None for one that always runs once; twin_of_call: the call "
           "that runs as the second one where a call runs twice, None for the call itself; kind_of_call: equal numbers "
           "for calls of a component that do the same work, None where all of them do.")
      .def_readonly("components", &WeighingLayout::components)
      .def_readonly("component_of_call", &WeighingLayout::component_of_call)
      .def_readonly("passes", &WeighingLayout::passes)
      .def_readonly("twin_of_call", &WeighingLayout::twin_of_call)
      .def_readonly("kind_of_call", &WeighingLayout::kind_of_call);
  const py::class_<DosedWorkloads, std::shared_ptr<DosedWorkloads>> dosed(module, "DosedWorkloads",
                                                                          "Makes dosed runs of a model.");
  py::class_<EagerDosedWorkloads, DosedWorkloads, std::shared_ptr<EagerDosedWorkloads>>(
      module, "EagerDosedWorkloads", "make(doses) returns a callable that does one pass of the model.")
      .def(py::init<py::object, py::object, int>(), py::arg("make"), py::arg("synchronize") = py::none(),
           py::arg("passes") = 1);
  module.def("draw_rows", &rows, py::arg("layout"), py::arg("fraction"), py::arg("seed"), py::arg("round"),
             "[(pair, sign, doses, component doses)]: the rows of one round.");
  module.def(
      "second_runs_in_graph", &second_runs_as_pairs, py::arg("kind_of_call"), py::arg("cold"),
      "For each call of a chain: (the call that runs as its second run, the place of the pass after which it does).");
  module.def("twin_shift", &twin_shift, py::arg("count"),
             "How many calls of its kind away the second run of each of `count` calls is.");
  module.def("passes_for", &passes_for, py::arg("time_per_pass_s"), "Unrolled passes that doses spread over; even.");
  module.def("run_weighing", &weighing_as_dict, py::arg("meter"), py::arg("references"), py::arg("layout"),
             py::arg("dosed"), py::arg("options"), py::arg("progress") = py::none(),
             "Rounds of references [(name, role, workload)] and of dosed windows; the result as a dict.");
}

}  // namespace clear_native::bindings
