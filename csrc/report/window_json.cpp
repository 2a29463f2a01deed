#include "window_json.hpp"

#include "json_writer.hpp"

namespace clear_native::report {
namespace {

Json as_json(const OperatingPoint& point) {
  Json json;
  put(json, "time_s", point.time_s);
  put(json, "sm_clock_mhz", point.sm_clock_mhz);
  put(json, "memory_clock_mhz", point.memory_clock_mhz);
  put(json, "temperature_c", point.temperature_c);
  put(json, "power_w", point.power_w);
  put(json, "throttle_reasons", point.throttle_reasons);
  return json;
}

Json as_json(const Window& window) {
  Json json;
  json["target"] = window.target;
  json["round"] = window.round;
  json["position"] = window.position;
  put(json, "begin_s", window.begin_s);
  put(json, "end_s", window.end_s);
  put(json, "lead_in_s", window.lead_in_s);
  put(json, "doses", window.doses);
  Json& ticks = json["ticks"] = Json::array();
  for (const Tick& tick : window.ticks) ticks.push_back(row_of("ticks", {tick.time_s, tick.energy_j, tick.passes}));
  Json& samples = json["power_samples"] = Json::array();
  for (const PowerSample& sample : window.power_samples) {
    samples.push_back(row_of("power samples", {sample.time_s, sample.power_w}));
  }
  Json& odometer = json["odometer"] = Json::array();
  for (const OdometerReading& reading : window.odometer) {
    odometer.push_back(row_of("odometer readings", {reading.time_s, reading.passes}));
  }
  Json& sides = json["sides"] = Json::array();
  for (const SideEnergy& side : window.sides) {
    sides.push_back(
        {{"scope", side.scope}, {"begin_s", side.begin_s}, {"end_s", side.end_s}, {"energy_j", side.energy_j}});
  }
  if (window.operating_point) json["operating_point"] = as_json(*window.operating_point);
  put(json, "energy_per_pass_j", window.energy_per_pass_j);
  put(json, "energy_per_pass_counter_j", window.energy_per_pass_counter_j);
  put(json, "energy_per_pass_samples_j", window.energy_per_pass_samples_j);
  put(json, "time_per_pass_s", window.time_per_pass_s);
  put(json, "passes", window.passes);
  json["sensor_used"] = name_of(window.sensor_used);
  json["status"] = window.status;
  put(json, "idle_fraction", window.idle_fraction);
  put(json, "expected_beat", window.expected_beat);
  put(json, "off_speed", window.off_speed);
  put(json, "other_processes", window.other_processes);
  return json;
}

}  // namespace

Json windows_as_json(const std::vector<Window>& windows) {
  Json json = Json::array();
  for (const Window& window : windows) json.push_back(as_json(window));
  return json;
}

}  // namespace clear_native::report
