#include "calibration_report.hpp"
#include "device_limits.hpp"
#include "json_writer.hpp"
#include "record_json.hpp"

namespace clear_native::report {
namespace {

constexpr const char* roofline_memory = "dram_read";

void put_interval(Json& into, const char* value, const char* half_width, const std::optional<Interval>& interval) {
  if (!interval) return;
  put(into, value, interval->mean);
  put(into, half_width, interval->half_width);
}

Json as_json(const KindCost& kind, const std::string& gpu) {
  Json json = {{"name", kind.name}, {"unit", kind.unit}};
  put_interval(json, "energy_per_unit_j", "energy_per_unit_half_width_j", kind.energy_per_unit_j);
  put_interval(json, "base_power_w", "base_power_half_width_w", kind.base_power_w);
  put_interval(json, "units_per_s", "units_per_s_half_width", kind.units_per_s);
  put_interval(json, "power_w", "power_half_width_w", kind.power_w);
  put(json, "bend", kind.bend);
  put(json, "published_units_per_s", published_rate(kind.name, gpu));
  json["rounds"] = kind.units_per_s ? kind.units_per_s->rounds : 0;
  json["statuses"] = kind.statuses;
  return json;
}

/// What the roofline of a report reads.
void put_limits(Json& json, const Calibration& found) {
  json["flops_per_s"] = Json::object();
  for (const KindCost& kind : found.kinds) {
    if (!kind.units_per_s) continue;
    if (kind.name == roofline_memory) put(json, "bytes_per_s", kind.units_per_s->mean);
    if (const auto dtype = dtype_of_kind(kind.name)) put(json["flops_per_s"], dtype->c_str(), kind.units_per_s->mean);
  }
}

}  // namespace

std::string calibration_to_json(const Calibration& found, const CalibrationFacts& facts) {
  const std::string gpu = text_of(facts.environment, "gpu").value_or("");
  Json json = {{"kind", "device"}, {"schema_version", device_schema_version}, {"uuid", facts.uuid}};
  put_limits(json, found);
  put_interval(json, "static_power_w", "static_power_half_width_w", found.static_power_w);
  put_interval(json, "occupied_power_w", "occupied_power_half_width_w", found.occupied_power_w);
  Json& kinds = json["kinds"] = Json::array();
  for (const KindCost& kind : found.kinds) kinds.push_back(as_json(kind, gpu));
  json["statuses"] = found.statuses;
  put_run(json, found.rounds, facts.meter, facts.environment);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace clear_native::report
