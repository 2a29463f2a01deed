#include "raw_json.hpp"

#include <nlohmann/json.hpp>
#include <variant>

#include "core/rounds/side_estimate.hpp"

namespace clear_native::testing {
namespace {

using Json = nlohmann::ordered_json;

// Used in templates that stand before them.
Json raw(const OperatingPoint& point);
Json raw(const Window& window);

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json raw(const Interval& interval) {
  return {{"mean", interval.mean},
          {"half_width", or_null(interval.half_width)},
          {"standard_deviation", interval.standard_deviation},
          {"rounds", interval.rounds}};
}

Json raw(const ClosureEstimate& closure) {
  return {{"ratio", closure.ratio}, {"half_width", or_null(closure.half_width)}};
}

template <typename Record>
Json raw_or_null(const std::optional<Record>& record) {
  return record ? raw(*record) : Json(nullptr);
}

Json raw(const TargetEstimate& target) {
  return {{"name", target.name},
          {"energy_per_pass_j", raw_or_null(target.energy_per_pass_j)},
          {"energy_above_idle_j", raw_or_null(target.energy_above_idle_j)},
          {"time_per_pass_s", raw_or_null(target.time_per_pass_s)},
          {"power_w", raw_or_null(target.power_w)},
          {"required_half_width_j", or_null(target.required_half_width_j)},
          {"precision_reached", target.precision_reached},
          {"counter_over_samples", or_null(target.counter_over_samples)},
          {"statuses", target.statuses}};
}

Json raw(const SideEstimate& side) {
  return {{"scope", side.scope},
          {"target", side.target},
          {"energy_per_pass_j", raw(side.energy_per_pass_j)},
          {"power_w", raw(side.power_w)}};
}

Json raw(const MeterTraits& traits) {
  return {{"name", traits.name},
          {"scope", traits.scope},
          {"device", traits.device},
          {"period_s", traits.period_s},
          {"quantum_j", traits.quantum_j},
          {"estimated", traits.estimated},
          {"stated_power_w", or_null(traits.stated_power_w)},
          {"has_power_samples", traits.has_power_samples},
          {"integrates_power", traits.integrates_power},
          {"averaging_s", or_null(traits.averaging_s)},
          {"domains", traits.domains},
          {"note", traits.note.empty() ? Json(nullptr) : Json(traits.note)}};
}

Json raw(const OperatingPoint& point) {
  return {{"time_s", point.time_s},
          {"sm_clock_mhz", or_null(point.sm_clock_mhz)},
          {"memory_clock_mhz", or_null(point.memory_clock_mhz)},
          {"temperature_c", or_null(point.temperature_c)},
          {"power_w", or_null(point.power_w)},
          {"throttle_reasons", or_null(point.throttle_reasons)}};
}

Json raw(const SideEnergy& side) {
  return {{"scope", side.scope}, {"begin_s", side.begin_s}, {"end_s", side.end_s}, {"energy_j", side.energy_j}};
}

Json raw(const LayerEstimate& layer) {
  return {{"component", layer.component},
          {"layer", layer.layer},
          {"energy_j", raw(layer.energy_j)},
          {"time_s", raw(layer.time_s)}};
}

Json raw(const OperatingMeans& means) {
  return {{"sm_clock_mhz", or_null(means.sm_clock_mhz)},
          {"memory_clock_mhz", or_null(means.memory_clock_mhz)},
          {"temperature_c", or_null(means.temperature_c)},
          {"power_w", or_null(means.power_w)},
          {"capped_share", or_null(means.capped_share)}};
}

template <typename Record>
Json raw(const std::vector<Record>& records) {
  Json list = Json::array();
  for (const Record& record : records) list.push_back(raw(record));
  return list;
}

Json raw(const Window& window) {
  const char* const sensors[] = {"counter", "samples", "none"};
  Json ticks = Json::array();
  for (const Tick& tick : window.ticks) ticks.push_back({tick.time_s, tick.energy_j, tick.passes});
  Json samples = Json::array();
  for (const PowerSample& sample : window.power_samples) samples.push_back({sample.time_s, sample.power_w});
  Json odometer = Json::array();
  for (const OdometerReading& reading : window.odometer) odometer.push_back({reading.time_s, reading.passes});
  return {{"target", window.target},
          {"round", window.round},
          {"position", window.position},
          {"begin_s", window.begin_s},
          {"end_s", window.end_s},
          {"lead_in_s", window.lead_in_s},
          {"doses", or_null(window.doses)},
          {"ticks", ticks},
          {"power_samples", samples},
          {"odometer", odometer},
          {"sides", raw(window.sides)},
          {"operating_point", raw_or_null(window.operating_point)},
          {"energy_per_pass_j", or_null(window.energy_per_pass_j)},
          {"energy_per_pass_counter_j", or_null(window.energy_per_pass_counter_j)},
          {"energy_per_pass_samples_j", or_null(window.energy_per_pass_samples_j)},
          {"time_per_pass_s", or_null(window.time_per_pass_s)},
          {"passes", window.passes},
          {"sensor_used", sensors[static_cast<int>(window.sensor_used)]},
          {"status", window.status},
          {"idle_fraction", window.idle_fraction},
          {"expected_beat", or_null(window.expected_beat)},
          {"off_speed", or_null(window.off_speed)},
          {"other_processes", or_null(window.other_processes)}};
}

Json raw(const RoundsResult& result) {
  const char* const reasons[] = {"precision_planned", "max_time", "max_rounds", "interrupted", "failed"};
  Json kind = nullptr;
  if (result.failure_kind) kind = python_class_name(*result.failure_kind);
  return {{"windows", raw(result.windows)},
          {"targets", raw(result.targets)},
          {"energy_closure", raw_or_null(result.energy_closure)},
          {"time_closure", raw_or_null(result.time_closure)},
          {"perturbation", raw_or_null(result.perturbation)},
          {"rounds", result.rounds},
          {"planned_rounds", result.planned_rounds},
          {"seed", result.seed},
          {"begun_s", or_null(result.begun_s)},
          {"elapsed_s", result.elapsed_s},
          {"stop_reason", reasons[static_cast<int>(result.stop_reason)]},
          {"drift_per_hour", or_null(result.drift_per_hour)},
          {"carry_over_per_w", or_null(result.carry_over_per_w)},
          {"temperature_per_k", or_null(result.temperature_per_k)},
          {"sensors", raw_or_null(result.sensors)},
          {"statuses", result.statuses},
          {"other_processes_peak", or_null(result.other_processes_peak)},
          {"failure_kind", kind},
          {"failure_message", result.failure_message},
          {"sides", raw(side_estimates(result.windows))}};
}

std::optional<double> of_speed(const std::optional<OffSpeed>& found, double OffSpeed::* value) {
  return found ? std::optional((*found).*value) : std::nullopt;
}

Json raw(const WeighingResult& result) {
  Json json = raw(result.rounds);
  const WeighingEstimate& weighing = result.weighing;
  json["weighing"] = {{"fraction", result.fraction},
                      {"passes", result.passes},
                      {"pairs", weighing.pairs},
                      {"wild_pairs", or_null(weighing.wild_pairs)},
                      {"homogeneity", raw_or_null(weighing.homogeneity)},
                      {"time_homogeneity", raw_or_null(weighing.time_homogeneity)},
                      {"curvature", raw_or_null(weighing.curvature)},
                      {"interactions_rms", or_null(weighing.interactions_rms)},
                      {"looks_period_s", or_null(result.looks ? std::optional(result.looks->period_s) : std::nullopt)},
                      {"off_speed_share", or_null(of_speed(weighing.off_speed, &OffSpeed::share))},
                      {"off_speed_step", or_null(of_speed(weighing.off_speed, &OffSpeed::step))},
                      {"layers", raw(weighing.layers)},
                      {"operating_points", {{"dosed", raw(weighing.dosed)}, {"model", raw(weighing.model)}}},
                      {"changed_buffers", result.changed_buffers}};
  return json;
}

Json raw(const report::Facts& facts) {
  Json json = Json::object();
  for (const auto& [name, fact] : facts) {
    std::visit([&json, &key = name](const auto& value) { json[key] = value; }, fact);
  }
  return json;
}

Json raw(const report::Workload& workload) {
  Json json = Json::object();
  for (const auto& input : workload.inputs) {
    json["inputs"][input.path] = {{"shape", input.shape}, {"dtype", input.dtype}};
  }
  json["weights_dtype"] = or_null(workload.weights_dtype);
  json["device"] = or_null(workload.device);
  json["kept_bytes"] = or_null(workload.kept_bytes);
  for (const auto& replay : workload.replays) {
    json["replays"][replay.target] = {{"shape", replay.shape},
                                      {"passes_per_launch", replay.passes_per_launch},
                                      {"time_per_pass_s", replay.time_per_pass_s}};
  }
  return json;
}

Json raw(const report::ReportFacts& facts) {
  const char* const roles[] = {"plain", "preserved", "component", "doubled", "dosed", "idle"};
  Json json = {{"roles", Json::object()},
               {"model", facts.model},
               {"method", facts.method},
               {"execution", facts.execution},
               {"meter", raw(facts.meter)},
               {"sides", raw(facts.sides)},
               {"costs", Json::object()},
               {"calls", facts.calls},
               {"synthetic_weights", or_null(facts.synthetic_weights)},
               {"workload", raw(facts.workload)},
               {"environment", raw(facts.environment)},
               {"options", raw(facts.options)},
               {"dosing", raw(facts.dosing)},
               {"target_statuses", facts.target_statuses},
               {"statuses", facts.statuses},
               {"warnings", facts.warnings},
               {"limits", nullptr}};
  for (const auto& [name, role] : facts.roles) json["roles"][name] = roles[static_cast<int>(role)];
  for (const auto& [name, cost] : facts.costs) {
    json["costs"][name] = {{"flops", cost.flops}, {"flops_dense", cost.flops_dense}, {"bytes", cost.bytes}};
  }
  if (facts.limits) {
    json["limits"] = {{"flops_per_s", facts.limits->flops_per_s},
                      {"bytes_per_s", facts.limits->bytes_per_s},
                      {"dtype", facts.limits->dtype},
                      {"source", facts.limits->source},
                      {"measured", facts.limits->measured}};
  }
  return json;
}

}  // namespace

Json raw_json(const ReportCase& made) {
  return {{"result", made.weighing ? raw(*made.weighing) : raw(made.rounds)}, {"facts", raw(made.facts)}};
}

}  // namespace clear_native::testing
