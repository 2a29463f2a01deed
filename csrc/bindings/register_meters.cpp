#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "core/meters/estimate_meter.hpp"
#include "core/meters/meter_choice.hpp"
#include "core/meters/meter_with_sides.hpp"
#include "core/meters/nvml_choice.hpp"
#include "core/meters/nvml_meter.hpp"
#include "core/meters/rapl_meter.hpp"
#include "records.hpp"
#include "released_gil.hpp"

namespace clear_native::bindings {
namespace py = pybind11;

namespace {

std::tuple<double, double, double> read(EnergyMeter& meter) {
  const ReleasedGil release;
  const EnergyReading reading = meter.read();
  return {reading.begin_s, reading.end_s, reading.energy_j};
}

std::vector<std::pair<double, double>> power_samples(EnergyMeter& meter) {
  const ReleasedGil release;
  std::vector<std::pair<double, double>> pairs;
  for (const PowerSample& sample : meter.power_samples()) {
    pairs.emplace_back(sample.time_s, sample.power_w);
  }
  return pairs;
}

py::object operating_point(EnergyMeter& meter) {
  const auto point = meter.operating_point();
  return point ? py::object(to_dict(*point)) : py::object(py::none());
}

MeteredDevice device_from(bool is_gpu, std::string called) {
  return {.is_gpu = is_gpu, .uuid = {}, .cpu = {}, .called = std::move(called)};
}

void register_choice(py::module_& module) {
  module.attr("CPU_CORE_POWER_W") = cpu_core_power_w;
  module.attr("GPU_POWER_W") = gpu_power_w;
  module.def(
      "check_meters",
      [](const std::vector<std::string>& names, bool is_gpu, std::string called) {
        check_meters(names, device_from(is_gpu, std::move(called)));
      },
      py::arg("names"), py::arg("is_gpu"), py::arg("called"), "Whether these meters could be read together here.");
  module.def(
      "open_meters",
      [](const std::vector<std::string>& names, bool is_gpu, std::string uuid, std::string cpu, std::string called,
         int cores) {
        MeteredDevice device = device_from(is_gpu, std::move(called));
        device.uuid = std::move(uuid);
        device.cpu = std::move(cpu);
        device.cores = cores;
        return open_meters(names, device);
      },
      py::arg("names"), py::arg("is_gpu"), py::arg("uuid"), py::arg("cpu"), py::arg("called"), py::arg("cores"),
      py::call_guard<ReleasedGil>(), "The first drives a measurement, the others are read beside it.");
}

}  // namespace

void register_meters(py::module_& module) {
  py::class_<EnergyMeter, std::shared_ptr<EnergyMeter>>(
      module, "EnergyMeter", "A source of cumulative energy. Times are seconds of the monotonic clock.")
      .def("traits", [](const EnergyMeter& meter) { return to_dict(meter.traits()); })
      .def(
          "side_traits",
          [](const EnergyMeter& meter) {
            py::list traits;
            for (const MeterTraits& side : meter.side_traits()) traits.append(to_dict(side));
            return traits;
          },
          "Of the meters that are read beside this one.")
      .def("read", &read, "(begin_s, end_s, energy_j): the counter was sampled between the two times.")
      .def("power_samples", &power_samples, "[(time_s, power_w)] buffered since the last call, oldest first.")
      .def("operating_point", &operating_point, "Clocks, temperature, power and throttle reasons now, or None.")
      .def("other_processes", &EnergyMeter::other_processes, "Other processes computing on the device, or None.",
           py::call_guard<ReleasedGil>());
  py::class_<MeterWithSides, EnergyMeter, std::shared_ptr<MeterWithSides>>(
      module, "MeterWithSides", "One meter that drives a measurement, and others that are read beside it.")
      .def(py::init<std::shared_ptr<EnergyMeter>, std::vector<std::shared_ptr<EnergyMeter>>>(), py::arg("driving"),
           py::arg("sides"));
  py::class_<NvmlMeter, EnergyMeter, std::shared_ptr<NvmlMeter>>(module, "NvmlMeter",
                                                                 "The energy counter of one NVIDIA GPU.")
      .def(py::init<const std::string&>(), py::arg("uuid"), py::call_guard<ReleasedGil>());
  module.def(
      "open_nvml_meter",
      [](const std::string& uuid, const std::string& which) {
        return std::shared_ptr<EnergyMeter>(open_nvml_meter(uuid, which));
      },
      py::arg("uuid"), py::arg("which") = "auto", py::call_guard<ReleasedGil>(),
      "A GPU's sensor: 'counter', 'samples', 'instant', 'usage', or 'auto' for the first of these that it has.");
  py::class_<EstimateMeter, EnergyMeter, std::shared_ptr<EstimateMeter>>(
      module, "EstimateMeter", "No sensor: time times a stated constant power. Everything from it is marked estimated.")
      .def(py::init([](double power_w, std::string scope, std::string device, std::string note) {
             return std::make_shared<EstimateMeter>(power_w, std::move(scope), std::move(device), nullptr,
                                                    std::move(note));
           }),
           py::arg("power_w"), py::arg("scope"), py::arg("device"), py::arg("note") = "");
  py::class_<RaplMeter, EnergyMeter, std::shared_ptr<RaplMeter>>(
      module, "RaplMeter", "The energy counters of the processor: all packages and their memory, added up.")
      .def(py::init([](std::string device) { return std::make_shared<RaplMeter>(std::move(device)); }),
           py::arg("device"), py::call_guard<ReleasedGil>());
  register_choice(module);
}

}  // namespace clear_native::bindings
