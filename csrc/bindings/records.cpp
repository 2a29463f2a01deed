#include "records.hpp"

#include <pybind11/stl.h>

#include <optional>
#include <vector>

namespace clear_native::bindings {
namespace py = pybind11;
using namespace pybind11::literals;

namespace {

template <typename Record>
py::object optional_dict(const std::optional<Record>& record) {
  return record ? py::object(to_dict(*record)) : py::object(py::none());
}

template <typename Record>
py::list list_of(const std::vector<Record>& records) {
  py::list list;
  for (const Record& record : records) {
    list.append(to_dict(record));
  }
  return list;
}

}  // namespace

py::dict to_dict(const Interval& interval) {
  return py::dict("mean"_a = interval.mean, "half_width"_a = interval.half_width,
                  "standard_deviation"_a = interval.standard_deviation, "rounds"_a = interval.rounds);
}

py::dict to_dict(const ClosureEstimate& closure) {
  return py::dict("ratio"_a = closure.ratio, "half_width"_a = closure.half_width);
}

py::dict to_dict(const TargetEstimate& target) {
  return py::dict("name"_a = target.name, "energy_per_pass_j"_a = optional_dict(target.energy_per_pass_j),
                  "energy_above_idle_j"_a = optional_dict(target.energy_above_idle_j),
                  "time_per_pass_s"_a = optional_dict(target.time_per_pass_s),
                  "power_w"_a = optional_dict(target.power_w), "required_half_width_j"_a = target.required_half_width_j,
                  "precision_reached"_a = target.precision_reached,
                  "counter_over_samples"_a = target.counter_over_samples, "statuses"_a = target.statuses);
}

py::dict to_dict(const SideEnergy& side) {
  return py::dict("scope"_a = side.scope, "begin_s"_a = side.begin_s, "end_s"_a = side.end_s,
                  "energy_j"_a = side.energy_j);
}

py::dict to_dict(const SideEstimate& side) {
  return py::dict("scope"_a = side.scope, "target"_a = side.target,
                  "energy_per_pass_j"_a = to_dict(side.energy_per_pass_j), "power_w"_a = to_dict(side.power_w));
}

py::dict to_dict(const MeterTraits& traits) {
  return py::dict("name"_a = traits.name, "scope"_a = traits.scope, "device"_a = traits.device,
                  "period_s"_a = traits.period_s, "quantum_j"_a = traits.quantum_j, "estimated"_a = traits.estimated,
                  "stated_power_w"_a = traits.stated_power_w, "has_power_samples"_a = traits.has_power_samples,
                  "integrates_power"_a = traits.integrates_power, "averaging_s"_a = traits.averaging_s,
                  "domains"_a = traits.domains,
                  "note"_a = traits.note.empty() ? py::object(py::none()) : py::object(py::str(traits.note)));
}

py::dict to_dict(const OperatingPoint& point) {
  return py::dict("time_s"_a = point.time_s, "sm_clock_mhz"_a = point.sm_clock_mhz,
                  "memory_clock_mhz"_a = point.memory_clock_mhz, "temperature_c"_a = point.temperature_c,
                  "power_w"_a = point.power_w, "throttle_reasons"_a = point.throttle_reasons);
}

py::dict to_dict(const Window& window) {
  py::list ticks;
  for (const Tick& tick : window.ticks) {
    ticks.append(py::make_tuple(tick.time_s, tick.energy_j, tick.passes));
  }
  py::list samples;
  for (const PowerSample& sample : window.power_samples) {
    samples.append(py::make_tuple(sample.time_s, sample.power_w));
  }
  py::list odometer;
  for (const OdometerReading& reading : window.odometer) {
    odometer.append(py::make_tuple(reading.time_s, reading.passes));
  }
  return py::dict("target"_a = window.target, "round"_a = window.round, "position"_a = window.position,
                  "begin_s"_a = window.begin_s, "end_s"_a = window.end_s, "lead_in_s"_a = window.lead_in_s,
                  "doses"_a = window.doses, "ticks"_a = ticks, "power_samples"_a = samples, "odometer"_a = odometer,
                  "sides"_a = list_of(window.sides), "operating_point"_a = optional_dict(window.operating_point),
                  "energy_per_pass_j"_a = window.energy_per_pass_j,
                  "energy_per_pass_counter_j"_a = window.energy_per_pass_counter_j,
                  "energy_per_pass_samples_j"_a = window.energy_per_pass_samples_j,
                  "time_per_pass_s"_a = window.time_per_pass_s, "passes"_a = window.passes,
                  "sensor_used"_a = name_of(window.sensor_used), "status"_a = window.status,
                  "idle_fraction"_a = window.idle_fraction, "expected_beat"_a = window.expected_beat,
                  "off_speed"_a = window.off_speed, "other_processes"_a = window.other_processes);
}

py::dict to_dict(const Progress& progress) {
  return py::dict("round"_a = progress.round, "planned_rounds"_a = progress.planned_rounds,
                  "windows_done"_a = progress.windows_done, "windows_planned"_a = progress.windows_planned,
                  "elapsed_s"_a = progress.elapsed_s, "expected_s"_a = progress.expected_s,
                  "max_time_s"_a = progress.max_time_s, "target"_a = progress.target);
}

py::dict to_dict(const ReplayTiming& timing) {
  return py::dict("shape"_a = timing.shape == ReplayShape::chain ? "chain" : "while_loop",
                  "passes_per_launch"_a = timing.passes_per_launch, "time_per_pass_s"_a = timing.time_per_pass_s);
}

py::dict to_dict(const RoundsResult& result) {
  py::object failure_kind = py::none();
  if (result.failure_kind) {
    failure_kind = py::str(python_class_name(*result.failure_kind));
  }
  return py::dict("windows"_a = list_of(result.windows), "targets"_a = list_of(result.targets),
                  "energy_closure"_a = optional_dict(result.energy_closure),
                  "time_closure"_a = optional_dict(result.time_closure),
                  "perturbation"_a = optional_dict(result.perturbation), "rounds"_a = result.rounds,
                  "planned_rounds"_a = result.planned_rounds, "seed"_a = result.seed, "begun_s"_a = result.begun_s,
                  "elapsed_s"_a = result.elapsed_s, "stop_reason"_a = name_of(result.stop_reason),
                  "drift_per_hour"_a = result.drift_per_hour, "carry_over_per_w"_a = result.carry_over_per_w,
                  "temperature_per_k"_a = result.temperature_per_k, "sensors"_a = optional_dict(result.sensors),
                  "statuses"_a = result.statuses, "other_processes_peak"_a = result.other_processes_peak,
                  "failure_kind"_a = failure_kind, "failure_message"_a = result.failure_message,
                  "sides"_a = list_of(side_estimates(result.windows)));
}

py::dict to_dict(const OperatingMeans& means) {
  return py::dict("sm_clock_mhz"_a = means.sm_clock_mhz, "memory_clock_mhz"_a = means.memory_clock_mhz,
                  "temperature_c"_a = means.temperature_c, "power_w"_a = means.power_w,
                  "capped_share"_a = means.capped_share);
}

py::dict to_dict(const LayerEstimate& layer) {
  return py::dict("component"_a = layer.component, "layer"_a = layer.layer, "energy_j"_a = to_dict(layer.energy_j),
                  "time_s"_a = to_dict(layer.time_s));
}

py::dict to_dict(const WeighingResult& result) {
  py::dict dict = to_dict(result.rounds);
  const WeighingEstimate& weighing = result.weighing;
  dict["weighing"] = py::dict(
      "fraction"_a = result.fraction, "passes"_a = result.passes, "pairs"_a = weighing.pairs,
      "wild_pairs"_a = weighing.wild_pairs, "homogeneity"_a = optional_dict(weighing.homogeneity),
      "time_homogeneity"_a = optional_dict(weighing.time_homogeneity),
      "curvature"_a = optional_dict(weighing.curvature), "interactions_rms"_a = weighing.interactions_rms,
      "looks_period_s"_a = result.looks ? std::optional(result.looks->period_s) : std::nullopt,
      "off_speed_share"_a = weighing.off_speed ? std::optional(weighing.off_speed->share) : std::nullopt,
      "off_speed_step"_a = weighing.off_speed ? std::optional(weighing.off_speed->step) : std::nullopt,
      "layers"_a = list_of(weighing.layers),
      "operating_points"_a = py::dict("dosed"_a = to_dict(weighing.dosed), "model"_a = to_dict(weighing.model)),
      "changed_buffers"_a = result.changed_buffers);
  return dict;
}

}  // namespace clear_native::bindings
