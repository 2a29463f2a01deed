#include "json_writer.hpp"
#include "overhead_report.hpp"
#include "record_json.hpp"

namespace clear_native::report {
namespace {

constexpr int overhead_schema_version = 1;

Json as_json(const Overhead& found, const OverheadRow& row) {
  Json json = {{"component", row.component}, {"way", row.way}, {"calls", row.calls}};
  json["passes_per_launch"] = row.passes_per_launch;
  if (row.time_s) {
    put(json, "time_s", row.time_s->mean);
    put(json, "time_half_width_s", row.time_s->half_width);
  }
  if (row.energy_j) {
    put(json, "energy_j", row.energy_j->mean);
    put(json, "energy_half_width_j", row.energy_j->half_width);
  }
  put(json, "times_faster", times_faster(found, row));
  json["statuses"] = row.statuses;
  return json;
}

}  // namespace

std::string overhead_to_json(const Overhead& found) {
  Json json = {{"kind", "overhead"}, {"schema_version", overhead_schema_version}, {"model", found.model}};
  json["device"] = found.device;
  Json& rows = json["rows"] = Json::array();
  for (const OverheadRow& row : found.rows) rows.push_back(as_json(found, row));
  json["notes"] = found.notes;
  json["statuses"] = found.run.statuses;
  put_run(json, found.run, found.meter, found.environment);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace clear_native::report
