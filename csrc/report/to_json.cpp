#include "to_json.hpp"

#include "diagnoses.hpp"
#include "groups.hpp"
#include "json_writer.hpp"
#include "record_json.hpp"
#include "roofline.hpp"
#include "uncertainty.hpp"
#include "window_json.hpp"

namespace clear_native::report {
namespace {

Json as_json(const Ratio& ratio) {
  Json json;
  put(json, "ratio", ratio.ratio);
  put(json, "half_width", ratio.half_width);
  return json;
}

void put_ratio(Json& into, const char* name, const std::optional<Ratio>& ratio) {
  if (ratio) into[name] = as_json(*ratio);
}

void put_result(Json& json, const ModelResult& result) {
  put(json, "energy_j", result.energy_j);
  put(json, "energy_half_width_j", result.energy_half_width_j);
  put(json, "energy_above_idle_j", result.energy_above_idle_j);
  put(json, "energy_above_idle_half_width_j", result.energy_above_idle_half_width_j);
  put(json, "time_s", result.time_s);
  put(json, "time_half_width_s", result.time_half_width_s);
  put(json, "power_w", result.power_w);
  put(json, "power_half_width_w", result.power_half_width_w);
  json["rounds"] = result.rounds;
  put(json, "required_half_width_j", result.required_half_width_j);
  json["precision_reached"] = result.precision_reached;
  put(json, "counter_over_samples", result.counter_over_samples);
  put(json, "flops", result.flops);
  put(json, "flops_dense", result.flops_dense);
  put(json, "bytes", result.bytes);
  json["statuses"] = result.statuses;
}

void put_per_unit(Json& json, const ModelResult& result) {
  put(json, "pj_per_flop", result.pj_per_flop());
  put(json, "pj_per_byte", result.pj_per_byte());
}

Json as_json(const ModelResult& result) {
  Json json;
  put_result(json, result);
  put_per_unit(json, result);
  return json;
}

Json as_json(const ComponentResult& part) {
  Json json;
  put_result(json, part);
  json["name"] = part.name;
  put(json, "share", part.share);
  put(json, "calls", part.calls);
  Json& details = json["details"] = Json::array();
  for (const LayerRow& layer : part.details) {
    Json row = {{"layer", layer.layer}};
    put(row, "module", layer.module);
    put(row, "energy_j", layer.energy_j);
    put(row, "energy_half_width_j", layer.energy_half_width_j);
    put(row, "time_s", layer.time_s);
    put(row, "time_half_width_s", layer.time_half_width_s);
    details.push_back(std::move(row));
  }
  put_per_unit(json, part);
  return json;
}

Json as_json(const Workload& workload) {
  Json json = Json::object();
  if (!workload.inputs.empty()) {
    for (const InputTensor& input : workload.inputs) {
      json["inputs"][input.path] = {{"shape", input.shape}, {"dtype", input.dtype}};
    }
  }
  put(json, "weights_dtype", workload.weights_dtype);
  put(json, "device", workload.device);
  put(json, "kept_bytes", workload.kept_bytes);
  for (const Replay& replay : workload.replays) {
    json["replays"][replay.target] = {{"shape", replay.shape},
                                      {"passes_per_launch", replay.passes_per_launch},
                                      {"time_per_pass_s", replay.time_per_pass_s}};
  }
  return json;
}

Json as_json(const OperatingMeans& means) {
  Json json = Json::object();
  put(json, "sm_clock_mhz", means.sm_clock_mhz);
  put(json, "memory_clock_mhz", means.memory_clock_mhz);
  put(json, "temperature_c", means.temperature_c);
  put(json, "power_w", means.power_w);
  put(json, "capped_share", means.capped_share);
  return json;
}

Json as_json(const Weighing& weighing) {
  Json json;
  put(json, "fraction", weighing.fraction);
  json["passes"] = weighing.passes;
  json["pairs"] = weighing.pairs;
  put(json, "wild_pairs", weighing.wild_pairs);
  put_ratio(json, "homogeneity", weighing.homogeneity);
  put_ratio(json, "time_homogeneity", weighing.time_homogeneity);
  put_ratio(json, "curvature", weighing.curvature);
  put(json, "interactions_rms", weighing.interactions_rms);
  put(json, "looks_period_s", weighing.looks_period_s);
  put(json, "off_speed_share", weighing.off_speed_share);
  put(json, "off_speed_step", weighing.off_speed_step);
  Json& points = json["operating_points"] = Json::object();
  if (weighing.dosed) points["dosed"] = as_json(*weighing.dosed);
  if (weighing.model) points["model"] = as_json(*weighing.model);
  json["facts"] = report::as_json(weighing.facts);
  return json;
}

Json as_json(const SideMeter& side) {
  Json json = {{"meter", report::as_json(side.meter)}, {"results", Json::object()}};
  for (const SideResult& result : side.results) {
    Json& found = json["results"][result.name] = Json::object();
    put(found, "energy_j", result.energy_j);
    put(found, "energy_half_width_j", result.energy_half_width_j);
    put(found, "power_w", result.power_w);
    put(found, "power_half_width_w", result.power_half_width_w);
    found["rounds"] = result.rounds;
    put(found, "together_j", result.together_j);
    put(found, "together_half_width_j", result.together_half_width_j);
  }
  return json;
}

Json as_json(const Group& group) {
  Json json = {{"name", group.name}, {"components", group.components}};
  put(json, "energy_j", group.energy_j);
  put(json, "energy_half_width_j", group.energy_half_width_j);
  put(json, "time_s", group.time_s);
  put(json, "time_half_width_s", group.time_half_width_s);
  put(json, "share", group.share);
  put(json, "flops", group.flops);
  put(json, "flops_dense", group.flops_dense);
  put(json, "bytes", group.bytes);
  put(json, "pj_per_flop", group.pj_per_flop());
  return json;
}

/// What follows from the rest, for readers in other languages.
void put_derived(Json& json, const Report& report) {
  Json& budget = json["uncertainty"] = Json::array();
  for (const Uncertainty& one : budget_of(report)) {
    Json row = {{"source", one.source}, {"in_interval", one.in_interval}, {"note", one.note}};
    put(row, "relative", one.relative);
    budget.push_back(std::move(row));
  }
  Json& diagnoses = json["diagnoses"] = Json::array();
  for (const Diagnosis& one : diagnoses_of(report)) {
    Json row = {{"name", one.name}, {"seen", one.seen}, {"means", one.means}, {"remedy", one.remedy}};
    put(row, "component", one.component);
    diagnoses.push_back(std::move(row));
  }
  for (const Group& group : groups_of(report.components)) json["groups"].push_back(as_json(group));
  for (const ComponentResult& part : report.components) {
    const std::optional<Roofline> side = roofline_of(part, report.limits);
    if (!side) continue;
    Json& row = json["roofline"][part.name] = {{"bound", side->bound}};
    put(row, "flops_per_byte", side->flops_per_byte);
    put(row, "ridge_flops_per_byte", side->ridge_flops_per_byte);
    put(row, "least_time_s", side->least_time_s);
    put(row, "reached", side->reached);
  }
}

template <typename Records>
Json list_of(const Records& records) {
  Json json = Json::array();
  for (const auto& record : records) json.push_back(as_json(record));
  return json;
}

Json as_json(const DeviceLimits& limits) {
  return {{"flops_per_s", limits.flops_per_s},
          {"bytes_per_s", limits.bytes_per_s},
          {"dtype", limits.dtype},
          {"source", limits.source},
          {"measured", limits.measured}};
}

void put_run(Json& json, const Report& report) {
  json["seed"] = report.seed;
  json["rounds"] = report.rounds;
  put(json, "planned_rounds", report.planned_rounds);
  put(json, "begun_s", report.begun_s);
  put(json, "elapsed_s", report.elapsed_s);
  json["stop_reason"] = report.stop_reason;
  put(json, "drift_per_hour", report.drift_per_hour);
  put(json, "carry_over_per_w", report.carry_over_per_w);
  put(json, "temperature_per_k", report.temperature_per_k);
  put_ratio(json, "sensors", report.sensors);
  if (report.weighing) json["weighing"] = as_json(*report.weighing);
  put(json, "other_processes_peak", report.other_processes_peak);
  if (report.failure) json["failure"] = {{"kind", report.failure->kind}, {"message", report.failure->message}};
  json["statuses"] = report.statuses;
  json["warnings"] = report.warnings;
  json["windows"] = windows_as_json(report.windows);
}

Json as_json(const Report& report) {
  Json json;
  json["schema_version"] = schema_version;
  json["model"] = report.model;
  json["method"] = report.method;
  json["execution"] = report.execution;
  json["meter"] = report::as_json(report.meter);
  json["components"] = list_of(report.components);
  json["full_model"] = as_json(report.full_model);
  if (report.preserved) json["preserved"] = as_json(*report.preserved);
  put_ratio(json, "energy_closure", report.energy_closure);
  put_ratio(json, "time_closure", report.time_closure);
  put_ratio(json, "perturbation", report.perturbation);
  put(json, "idle_power_w", report.idle_power_w);
  put(json, "idle_power_half_width_w", report.idle_power_half_width_w);
  put(json, "synthetic_weights", report.synthetic_weights);
  json["workload"] = as_json(report.workload);
  json["environment"] = report::as_json(report.environment);
  json["options"] = report::as_json(report.options);
  put_run(json, report);
  json["bounds"] = Json::object();  // of cache="bounds", which only the Python package does
  json["sides"] = list_of(report.sides);
  if (report.limits) json["limits"] = as_json(*report.limits);
  put(json, "made_at", report.made_at);
  put_derived(json, report);
  return json;
}

}  // namespace

std::string to_json(const Report& report) {
  return as_json(report).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace clear_native::report
