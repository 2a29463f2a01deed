#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "core/sensor/characterize.hpp"
#include "core/sensor/deep_idle.hpp"
#include "core/windows/clock.hpp"
#include "python_bench.hpp"
#include "released_gil.hpp"
#include "watch.hpp"

namespace clear_native::bindings {
namespace py = pybind11;
using namespace pybind11::literals;

namespace {

py::list to_list(const std::vector<FieldFacts>& fields) {
  py::list list;
  for (const FieldFacts& field : fields) {
    list.append(py::dict("name"_a = field.name, "period_s"_a = field.period_s, "read_median_s"_a = field.read_median_s,
                         "lag_s"_a = field.lag_s, "averaging_s"_a = field.averaging_s,
                         "counter_ratio"_a = field.counter_ratio));
  }
  return list;
}

py::dict result_dict(const SensorResult& result) {
  return py::dict("period_s"_a = result.period_s, "period_jitter_s"_a = result.period_jitter_s,
                  "quantum_j"_a = result.quantum_j, "read_median_s"_a = result.read_median_s,
                  "read_p99_s"_a = result.read_p99_s, "fields"_a = to_list(result.fields),
                  "active_idle_w"_a = result.active_idle_w, "load_w"_a = result.load_w,
                  "shortest_window_s"_a = result.shortest_window_s, "look_period_s"_a = result.look_period_s,
                  "look_s"_a = result.look_s, "notes"_a = result.notes, "interrupted"_a = result.interrupted);
}

py::dict characterize_bench(SensorBench& bench, bool integrates_power, std::string note, double max_time_s,
                            const py::object& between) {
  MeterTraits traits;
  traits.integrates_power = integrates_power;
  traits.note = std::move(note);
  SensorWatch watch{.interrupted = signal_watch().interrupted, .progress = {}};
  if (!between.is_none()) {
    watch.progress = [&between](const SensorProgress&) {
      const py::gil_scoped_acquire acquire;
      between();
    };
  }
  SensorResult result;
  {
    const ReleasedGil release;
    result = characterize(bench, traits, max_time_s, watch);
  }
  return result_dict(result);
}

py::tuple deep_idle_of(EnergyMeter& meter, double duration_s) {
  DeepIdle found;
  {
    const ReleasedGil release;
    found = deep_idle(meter, duration_s, SteadyClock(), {.interrupted = signal_watch().interrupted, .between = {}});
  }
  return py::make_tuple(found.power_w, found.notes);
}

std::vector<std::pair<double, double>> samples_of(SensorBench& bench) {
  const ReleasedGil release;
  std::vector<std::pair<double, double>> pairs;
  for (const PowerSample& sample : bench.samples()) pairs.emplace_back(sample.time_s, sample.power_w);
  return pairs;
}

void register_benches(py::module_& module) {
  py::class_<Alternation>(module, "Alternation", "A load that went on and off for equal times, and when it ran.")
      .def(py::init<double, double, double>(), py::arg("period_s"), py::arg("begin_s"), py::arg("end_s"))
      .def_readonly("period_s", &Alternation::period_s, "The true one.")
      .def_readonly("begin_s", &Alternation::begin_s)
      .def_readonly("end_s", &Alternation::end_s);
  py::class_<SensorBench, PythonBench, std::shared_ptr<SensorBench>>(
      module, "SensorBench", "A device with its sensor and a load. Times are of one monotonic clock.")
      .def(py::init<>())
      .def(
          "read",
          [](SensorBench& bench) {
            const EnergyReading reading = bench.read();
            return std::make_tuple(reading.begin_s, reading.end_s, reading.energy_j);
          },
          "(begin_s, end_s, energy_j) of the meter.", py::call_guard<ReleasedGil>())
      .def("field_names", &SensorBench::field_names, "Of the power fields beside it, to be polled.",
           py::call_guard<ReleasedGil>())
      .def("field_power_w", &SensorBench::field_power_w, py::arg("name"),
           "Watts; None where there is no such field after all.", py::call_guard<ReleasedGil>())
      .def("samples", &samples_of,
           "[(time_s, mean watts since the sample before)] that the driver buffered since the last call.")
      .def("now_s", &SensorBench::now_s, py::call_guard<ReleasedGil>())
      .def("sleep", &SensorBench::sleep, py::arg("duration_s"), py::call_guard<ReleasedGil>())
      .def("start_load", &SensorBench::start_load, "When it began.", py::call_guard<ReleasedGil>())
      .def("stop_load", &SensorBench::stop_load, "When the device was idle again.", py::call_guard<ReleasedGil>())
      .def(
          "alternate",
          [](SensorBench& bench, double period_s, double duration_s) {
            return bench.alternate(period_s, duration_s, {.interrupted = signal_watch().interrupted, .between = {}});
          },
          py::arg("period_s").noconvert(), py::arg("duration_s").noconvert(),
          "Runs a load that goes on and off so; None: it cannot.", py::call_guard<ReleasedGil>());
  py::class_<DeviceBench, SensorBench, PythonLoad<DeviceBench>, std::shared_ptr<DeviceBench>>(
      module, "DeviceBench", "A real device, whose load Python adds: start_load, stop_load, alternate where it can.")
      .def(py::init<std::shared_ptr<EnergyMeter>, const std::optional<std::string>&>(), py::arg("meter"),
           py::arg("gpu_uuid") = py::none(), py::call_guard<ReleasedGil>());
}

}  // namespace

void register_sensor(py::module_& module) {
  register_benches(module);
  module.attr("shortest_characterization_s") = shortest_characterization_s;
  module.attr("deep_idle_share") = deep_idle_share;
  module.def("characterize", &characterize_bench, py::arg("bench"), py::arg("integrates_power"), py::arg("note"),
             py::arg("max_time_s"), py::arg("between") = py::none(),
             "What a bench tells of its sensor, as a dict; `between` is called now and then while no load runs.");
  module.def("deep_idle", &deep_idle_of, py::arg("meter"), py::arg("duration_s"),
             "(power_w, notes) of a device that nothing has a context on; None where it could not be seen.");
}

}  // namespace clear_native::bindings
