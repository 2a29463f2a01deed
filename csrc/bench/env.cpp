#include "env.hpp"

#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "core/errors.hpp"
#include "core/meters/nvml_choice.hpp"
#include "core/meters/nvml_listing.hpp"
#include "core/meters/rapl_meter.hpp"
#include "exit_codes.hpp"
#include "host.hpp"
#include "report/units.hpp"

namespace clear_native::bench {
namespace {

using Json = nlohmann::ordered_json;

/// {"ready": true}, or why it cannot be opened.
Json tried(const std::function<void()>& open) {
  try {
    open();
    return {{"ready", true}};
  } catch (const Error& error) {
    return {{"ready", false}, {"why", error.what()}};
  }
}

template <typename Value>
void put(Json& into, const char* name, const std::optional<Value>& value) {
  if (value) into[name] = *value;
}

Json facts_of(const GpuFacts& gpu) {
  Json facts;
  put(facts, "gpu", gpu.name);
  facts["uuid"] = gpu.uuid;
  put(facts, "compute_capability", gpu.compute_capability);
  put(facts, "power_limit_w", gpu.power_limit_w);
  put(facts, "default_power_limit_w", gpu.default_power_limit_w);
  put(facts, "persistence_mode", gpu.persistence_mode);
  put(facts, "mig", gpu.is_partitioned);
  for (const char* sensor : {"counter", "samples", "instant", "usage"}) {
    facts["meters"][std::string("nvml:") + sensor] = tried([&] { open_nvml_meter(gpu.uuid, sensor); });
  }
  return facts;
}

Json environment() {
  Json found;
  for (const auto& [name, fact] : host_facts()) {
    std::visit([&found, &key = name](const auto& value) { found[key] = value; }, fact);
  }
  found["meters"]["rapl"] = tried([] { const RaplMeter meter(cpu_name()); });
  found["gpus"] = Json::array();
  try {
    const NvmlListing listing = list_gpus();
    put(found, "driver", listing.driver);
    put(found, "nvml", listing.nvml);
    for (const GpuFacts& gpu : listing.gpus) found["gpus"].push_back(facts_of(gpu));
  } catch (const Error& error) {
    found["no_gpus_because"] = error.what();
  }
  return found;
}

std::string as_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_number_float() ? report::formatted("%.6g", value.get<double>()) : value.dump();
}

void print_line(const std::string& indent, std::string name, const std::string& value) {
  constexpr std::size_t name_columns = 24;
  name.resize(std::max(name.size(), name_columns - indent.size()), ' ');
  std::cout << indent << name << ' ' << value << '\n';
}

void print_facts(const Json& facts, const std::string& indent) {
  for (const auto& [name, value] : facts.items()) {
    if (name == "meters") {
      for (const auto& [meter, state] : value.items()) {
        print_line(indent, meter, state["ready"].get<bool>() ? "can be read" : "no: " + as_text(state["why"]));
      }
    } else if (!value.is_array()) {
      print_line(indent, name, as_text(value));
    }
  }
}

}  // namespace

int show_env(const EnvOptions& options) {
  const Json found = environment();
  if (options.as_json) {
    std::cout << found.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
    return done;
  }
  print_facts(found, "");
  for (const Json& gpu : found["gpus"]) {
    std::cout << "GPU:\n";
    print_facts(gpu, "  ");
  }
  return done;
}

}  // namespace clear_native::bench
