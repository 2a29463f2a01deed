#include "json_writer.hpp"
#include "record_json.hpp"
#include "sensor_report.hpp"

namespace clear_native::report {
namespace {

constexpr int sensor_schema_version = 1;

Json as_json(const FieldFacts& field) {
  Json json = {{"name", field.name}};
  put(json, "period_s", field.period_s);
  put(json, "read_median_s", field.read_median_s);
  put(json, "lag_s", field.lag_s);
  put(json, "averaging_s", field.averaging_s);
  put(json, "counter_ratio", field.counter_ratio);
  return json;
}

}  // namespace

std::string sensor_to_json(const SensorResult& found, const Facts& environment) {
  Json json = {{"kind", "sensor"}, {"meter", report::as_json(found.meter)}};
  put(json, "period_s", found.period_s);
  put(json, "period_jitter_s", found.period_jitter_s);
  put(json, "quantum_j", found.quantum_j);
  put(json, "read_median_s", found.read_median_s);
  put(json, "read_p99_s", found.read_p99_s);
  Json& fields = json["fields"] = Json::array();
  for (const FieldFacts& field : found.fields) fields.push_back(as_json(field));
  put(json, "deep_idle_w", found.deep_idle_w);
  put(json, "active_idle_w", found.active_idle_w);
  put(json, "load_w", found.load_w);
  put(json, "shortest_window_s", found.shortest_window_s);
  put(json, "look_period_s", found.look_period_s);
  put(json, "look_s", found.look_s);
  json["notes"] = found.notes;
  put(json, "elapsed_s", found.elapsed_s);
  json["environment"] = report::as_json(environment);
  put(json, "made_at", text_of(environment, "made_at"));
  json["schema_version"] = sensor_schema_version;
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace clear_native::report
