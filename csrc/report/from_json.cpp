#include "from_json.hpp"

#include <algorithm>

#include "json_reader.hpp"
#include "json_surroundings.hpp"

namespace clear_native::report {
namespace {

std::optional<Ratio> ratio_in(const JsonReader& from, const char* name) {
  const auto found = from.field(name);
  if (!found) return std::nullopt;
  return Ratio{.ratio = found->required("ratio").number(), .half_width = number_in(*found, "half_width")};
}

MeterTraits meter_of(const JsonReader& from) {
  MeterTraits traits;
  traits.name = from.required("name").text();
  traits.scope = from.required("scope").text();
  traits.device = text_in(from, "device").value_or("");
  traits.period_s = number_in(from, "period_s").value_or(0);
  traits.quantum_j = number_in(from, "quantum_j").value_or(0);
  traits.estimated = flag_in(from, "estimated").value_or(false);
  traits.stated_power_w = number_in(from, "stated_power_w");
  traits.has_power_samples = flag_in(from, "has_power_samples").value_or(false);
  traits.integrates_power = flag_in(from, "integrates_power").value_or(false);
  traits.averaging_s = number_in(from, "averaging_s");
  traits.domains = texts_in(from, "domains");
  traits.note = text_in(from, "note").value_or("");
  return traits;
}

void read_result(const JsonReader& from, ModelResult& into) {
  into.energy_j = number_in(from, "energy_j");
  into.energy_half_width_j = number_in(from, "energy_half_width_j");
  into.energy_above_idle_j = number_in(from, "energy_above_idle_j");
  into.energy_above_idle_half_width_j = number_in(from, "energy_above_idle_half_width_j");
  into.time_s = number_in(from, "time_s");
  into.time_half_width_s = number_in(from, "time_half_width_s");
  into.power_w = number_in(from, "power_w");
  into.power_half_width_w = number_in(from, "power_half_width_w");
  into.rounds = whole_in(from, "rounds").value_or(0);
  into.required_half_width_j = number_in(from, "required_half_width_j");
  into.precision_reached = flag_in(from, "precision_reached").value_or(false);
  into.counter_over_samples = number_in(from, "counter_over_samples");
  into.flops = whole_in(from, "flops");
  into.flops_dense = whole_in(from, "flops_dense");
  into.bytes = whole_in(from, "bytes");
  into.statuses = texts_in(from, "statuses");
}

ComponentResult component_of(const JsonReader& from) {
  ComponentResult part;
  read_result(from, part);
  part.name = from.required("name").text();
  part.share = number_in(from, "share");
  part.calls = whole_in(from, "calls");
  if (const auto details = from.field("details")) {
    for (const JsonReader& row : details->items()) {
      part.details.push_back({.layer = whole_in(row, "layer").value_or(0),
                              .energy_j = number_in(row, "energy_j"),
                              .energy_half_width_j = number_in(row, "energy_half_width_j"),
                              .time_s = number_in(row, "time_s"),
                              .time_half_width_s = number_in(row, "time_half_width_s"),
                              .module = text_in(row, "module")});
    }
  }
  return part;
}

std::optional<OperatingMeans> means_in(const std::optional<JsonReader>& points, const char* name) {
  const auto found = points ? points->field(name) : std::nullopt;
  if (!found) return std::nullopt;
  return OperatingMeans{.sm_clock_mhz = number_in(*found, "sm_clock_mhz"),
                        .memory_clock_mhz = number_in(*found, "memory_clock_mhz"),
                        .temperature_c = number_in(*found, "temperature_c"),
                        .power_w = number_in(*found, "power_w"),
                        .capped_share = number_in(*found, "capped_share")};
}

Weighing weighing_of(const JsonReader& from) {
  Weighing weighing;
  weighing.fraction = from.required("fraction").number();
  weighing.passes = from.required("passes").whole();
  weighing.pairs = from.required("pairs").whole();
  weighing.wild_pairs = whole_in(from, "wild_pairs");
  weighing.homogeneity = ratio_in(from, "homogeneity");
  weighing.time_homogeneity = ratio_in(from, "time_homogeneity");
  weighing.curvature = ratio_in(from, "curvature");
  weighing.interactions_rms = number_in(from, "interactions_rms");
  weighing.looks_period_s = number_in(from, "looks_period_s");
  weighing.off_speed_share = number_in(from, "off_speed_share");
  weighing.off_speed_step = number_in(from, "off_speed_step");
  const auto points = from.field("operating_points");
  weighing.dosed = means_in(points, "dosed");
  weighing.model = means_in(points, "model");
  if (const auto facts = from.field("facts")) weighing.facts = facts_of(*facts);
  return weighing;
}

SideMeter side_of(const JsonReader& from) {
  SideMeter side{.meter = meter_of(from.required("meter")), .results = {}};
  const auto results = from.field("results");
  if (!results) return side;
  for (const auto& [name, found] : results->entries()) {
    side.results.push_back({.name = name,
                            .energy_j = found.required("energy_j").number(),
                            .energy_half_width_j = number_in(found, "energy_half_width_j"),
                            .power_w = number_in(found, "power_w"),
                            .power_half_width_w = number_in(found, "power_half_width_w"),
                            .rounds = whole_in(found, "rounds").value_or(0),
                            .together_j = number_in(found, "together_j"),
                            .together_half_width_j = number_in(found, "together_half_width_j")});
  }
  return side;
}

Bounds bounds_of(const JsonReader& from) {
  Bounds bounds;
  for (const auto& [name, by_cache] : from.entries()) {
    std::map<std::string, Bound> found;
    for (const auto& [cache, bound] : by_cache.entries()) {
      found[cache] = {.energy_j = bound.required("energy_j").number(),
                      .half_width_j = number_in(bound, "half_width_j")};
    }
    bounds.emplace_back(name, std::move(found));
  }
  return bounds;
}

DeviceLimits limits_of(const JsonReader& from) {
  return {.flops_per_s = from.required("flops_per_s").number(),
          .bytes_per_s = from.required("bytes_per_s").number(),
          .dtype = from.required("dtype").text(),
          .source = from.required("source").text(),
          .measured = flag_in(from, "measured").value_or(false)};
}

std::vector<ComponentResult> components_of(const JsonReader& from) {
  std::vector<ComponentResult> parts;
  for (const JsonReader& item : from.items()) {
    ComponentResult part = component_of(item);
    const bool twice =
        std::any_of(parts.begin(), parts.end(), [&](const auto& known) { return known.name == part.name; });
    if (twice) from.refuse("a list without '" + part.name + "' twice");
    parts.push_back(std::move(part));
  }
  return parts;
}

/// What cannot be read as what the schema says, of what is there besides the results.
void read_surroundings(const JsonReader& from, Report& report) {
  report.workload = workload_of(from.required("workload"));
  report.environment = facts_of(from.required("environment"));
  report.options = facts_of(from.required("options"));
  report.rounds = from.required("rounds").whole();
  report.planned_rounds = whole_in(from, "planned_rounds");
  report.begun_s = number_in(from, "begun_s");
  report.elapsed_s = from.required("elapsed_s").number();
  report.stop_reason = from.required("stop_reason").text();
  report.synthetic_weights = flag_in(from, "synthetic_weights");
  report.other_processes_peak = whole_in(from, "other_processes_peak");
  report.statuses = texts_in(from, "statuses");
  report.warnings = texts_in(from, "warnings");
  report.made_at = text_in(from, "made_at");
  const JsonReader seed = from.required("seed");
  if (!seed.data().is_number_unsigned()) seed.refuse("a whole number from 0");
  report.seed = seed.data().get<std::uint64_t>();
  for (const JsonReader& window : from.required("windows").items()) static_cast<void>(window.required("target").text());
  if (const auto failure = from.field("failure")) {
    report.failure = Failure{failure->required("kind").text(), failure->required("message").text()};
  }
}

Report report_of(const JsonReader& from) {
  from.refuse_unknown({"model",
                       "method",
                       "execution",
                       "meter",
                       "components",
                       "full_model",
                       "preserved",
                       "energy_closure",
                       "time_closure",
                       "perturbation",
                       "idle_power_w",
                       "idle_power_half_width_w",
                       "synthetic_weights",
                       "workload",
                       "environment",
                       "options",
                       "seed",
                       "rounds",
                       "planned_rounds",
                       "begun_s",
                       "elapsed_s",
                       "stop_reason",
                       "drift_per_hour",
                       "carry_over_per_w",
                       "temperature_per_k",
                       "sensors",
                       "weighing",
                       "bounds",
                       "other_processes_peak",
                       "kernels",
                       "failure",
                       "statuses",
                       "warnings",
                       "windows",
                       "sides",
                       "limits",
                       "made_at",
                       "schema_version",
                       "uncertainty",
                       "diagnoses",
                       "groups",
                       "roofline"});
  Report report;
  read_surroundings(from, report);
  report.model = from.required("model").text();
  report.method = from.required("method").text();
  report.execution = from.required("execution").text();
  report.meter = meter_of(from.required("meter"));
  report.components = components_of(from.required("components"));
  read_result(from.required("full_model"), report.full_model);
  if (const auto preserved = from.field("preserved")) read_result(*preserved, report.preserved.emplace());
  report.energy_closure = ratio_in(from, "energy_closure");
  report.time_closure = ratio_in(from, "time_closure");
  report.perturbation = ratio_in(from, "perturbation");
  report.idle_power_w = number_in(from, "idle_power_w");
  report.idle_power_half_width_w = number_in(from, "idle_power_half_width_w");
  report.drift_per_hour = number_in(from, "drift_per_hour");
  report.carry_over_per_w = number_in(from, "carry_over_per_w");
  report.temperature_per_k = number_in(from, "temperature_per_k");
  report.sensors = ratio_in(from, "sensors");
  if (const auto weighing = from.field("weighing")) report.weighing = weighing_of(*weighing);
  if (const auto bounds = from.field("bounds")) report.bounds = bounds_of(*bounds);
  if (const auto sides = from.field("sides")) {
    for (const JsonReader& side : sides->items()) report.sides.push_back(side_of(side));
  }
  if (const auto limits = from.field("limits")) report.limits = limits_of(*limits);
  return report;
}

}  // namespace

Report report_from_json(const std::string& text, const std::string& named) {
  try {
    const Json data = parsed(text);
    if (!data.is_object()) throw Error(ErrorKind::bad_input, "it is not a report, it is no JSON object");
    if (data.contains("kind")) {
      throw Error(ErrorKind::bad_input, "it holds a result of kind " + data["kind"].dump() +
                                            ", not a report of a profile: show it with `clear-native report`");
    }
    const auto version = data.find("schema_version");
    if (version == data.end()) throw Error(ErrorKind::bad_input, "it is not a report, it has no schema_version");
    if (*version != schema_version) {
      throw Error(ErrorKind::bad_input, "it is of schema version " + version->dump() + ", this program reads " +
                                            std::to_string(schema_version) + ": use the program that wrote it");
    }
    return report_of(JsonReader(data, ""));
  } catch (const Error& error) {
    throw Error(error.kind(), named + ": " + error.what());
  }
}

}  // namespace clear_native::report
