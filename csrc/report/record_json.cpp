#include "record_json.hpp"

#include <variant>

#include "json_writer.hpp"
#include "window_json.hpp"

namespace clear_native::report {

Json as_json(const Facts& facts) {
  Json json = Json::object();
  for (const auto& [name, fact] : facts) {
    if (const auto* number = std::get_if<double>(&fact)) {
      put(json, name.c_str(), *number);
    } else {
      std::visit([&json, &key = name](const auto& value) { json[key] = value; }, fact);
    }
  }
  return json;
}

Json as_json(const MeterTraits& meter) {
  Json json;
  json["name"] = meter.name;
  json["scope"] = meter.scope;
  json["device"] = meter.device;
  put(json, "period_s", meter.period_s);
  put(json, "quantum_j", meter.quantum_j);
  json["estimated"] = meter.estimated;
  put(json, "stated_power_w", meter.stated_power_w);
  json["has_power_samples"] = meter.has_power_samples;
  json["integrates_power"] = meter.integrates_power;
  put(json, "averaging_s", meter.averaging_s);
  json["domains"] = meter.domains;
  if (!meter.note.empty()) json["note"] = meter.note;
  return json;
}

void put_run(Json& into, const RoundsResult& run, const MeterTraits& meter, const Facts& environment) {
  into["meter"] = as_json(meter);
  into["environment"] = as_json(environment);
  put(into, "made_at", text_of(environment, "made_at"));
  into["seed"] = run.seed;
  into["rounds"] = run.rounds;
  put(into, "elapsed_s", run.elapsed_s);
  into["stop_reason"] = name_of(run.stop_reason);
  into["windows"] = windows_as_json(run.windows);
}

}  // namespace clear_native::report
