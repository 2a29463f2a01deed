#pragma once
// Benches whose load, or all of them, is Python's. Python is called on the caller's thread alone, with the GIL taken
// for the call; what it raises passes through the engine as it is.

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/sensor/device_bench.hpp"

namespace clear_native::bindings {

/// `Base` with a load of Python's.
template <class Base>
class PythonLoad : public Base {
 public:
  using Base::Base;

  double start_load() override { PYBIND11_OVERRIDE_PURE(double, Base, start_load, ); }
  double stop_load() override { PYBIND11_OVERRIDE_PURE(double, Base, stop_load, ); }
  std::optional<Alternation> alternate(double period_s, double duration_s, const BenchWatch& /*watch*/) override {
    const pybind11::gil_scoped_acquire acquire;
    const pybind11::function alternate = pybind11::get_override(static_cast<const Base*>(this), "alternate");
    if (!alternate) return std::nullopt;
    return alternate(period_s, duration_s).template cast<std::optional<Alternation>>();
  }
};

/// All of it is Python's.
class PythonBench final : public PythonLoad<SensorBench> {
 public:
  using PythonLoad<SensorBench>::PythonLoad;

  EnergyReading read() override {
    const pybind11::gil_scoped_acquire acquire;
    const auto [begin_s, end_s, energy_j] = call("read").cast<std::tuple<double, double, double>>();
    return {begin_s, end_s, energy_j};
  }
  std::vector<std::string> field_names() override {
    const pybind11::gil_scoped_acquire acquire;
    return call("field_names").cast<std::vector<std::string>>();
  }
  std::optional<double> field_power_w(const std::string& name) override {
    const pybind11::gil_scoped_acquire acquire;
    return call("field_power_w", name).cast<std::optional<double>>();
  }
  std::vector<PowerSample> samples() override {
    const pybind11::gil_scoped_acquire acquire;
    std::vector<PowerSample> found;
    for (const auto& [time_s, power_w] : call("samples").cast<std::vector<std::pair<double, double>>>()) {
      found.push_back({time_s, power_w});
    }
    return found;
  }
  double now_s() override { PYBIND11_OVERRIDE_PURE(double, SensorBench, now_s, ); }
  void sleep(double duration_s) override { PYBIND11_OVERRIDE_PURE(void, SensorBench, sleep, duration_s); }

 private:
  /// With the GIL.
  template <class... Arguments>
  pybind11::object call(const char* name, const Arguments&... arguments) const {
    const pybind11::function method = pybind11::get_override(static_cast<const SensorBench*>(this), name);
    if (!method) throw pybind11::type_error(std::string("a SensorBench must have a method ") + name);
    return method(arguments...);
  }
};

}  // namespace clear_native::bindings
