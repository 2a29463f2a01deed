#include "meter_choice.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "core/errors.hpp"
#include "estimate_meter.hpp"
#include "meter_with_sides.hpp"
#include "nvml_choice.hpp"
#include "rapl_meter.hpp"

namespace clear_native {
namespace {

constexpr std::array nvml_sensors = {"counter", "samples", "instant", "usage"};
constexpr const char* known =
    "use 'auto', 'nvml', 'nvml:counter' (or samples, instant, usage), 'rapl', 'estimate' or 'estimate:WATTS'; "
    "'auto+rapl' for both";

struct Asked {
  std::string kind;
  std::optional<std::string> argument;
};

Asked asked_for(const std::string& name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string::npos) return {.kind = name, .argument = std::nullopt};
  return {.kind = name.substr(0, colon), .argument = name.substr(colon + 1)};
}

bool is_nvml(const Asked& asked) {
  if (asked.kind != "nvml") return false;
  if (!asked.argument) return true;
  for (const char* sensor : nvml_sensors) {
    if (*asked.argument == sensor) return true;
  }
  return false;
}

double watts(const std::string& name, const std::string& text) {
  char* end = nullptr;
  const double power_w = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(power_w) || power_w <= 0) {
    throw Error(ErrorKind::bad_input,
                "meter '" + name + "' needs a positive power in watts, for instance 'estimate:65'");
  }
  return power_w;
}

void check_one(const std::string& name, const MeteredDevice& device) {
  const Asked asked = asked_for(name);
  if (asked.kind == "estimate") {
    if (asked.argument) watts(name, *asked.argument);
  } else if (is_nvml(asked)) {
    if (device.is_gpu) return;
    throw Error(ErrorKind::bad_input, "meter='" + name + "' reads a GPU, but the model is on " + device.called +
                                          ": move the model, or use meter='auto'");
  } else if (name == "rapl") {
    if (!device.is_gpu) return;
    throw Error(ErrorKind::bad_input, "meter='rapl' reads the processor, but the model is on " + device.called +
                                          ": use meter='auto' for the GPU");
  } else if (name != "auto") {
    throw Error(ErrorKind::bad_input, "unknown meter '" + name + "': " + known);
  }
}

std::shared_ptr<EnergyMeter> open_nvml(const MeteredDevice& device, const std::string& which,
                                       const MeterOpeners& openers) {
  return openers.nvml ? openers.nvml(device.uuid, which)
                      : std::shared_ptr<EnergyMeter>(open_nvml_meter(device.uuid, which));
}

std::shared_ptr<EnergyMeter> open_rapl(const MeteredDevice& device, const MeterOpeners& openers) {
  return openers.rapl ? openers.rapl(device.cpu) : std::make_shared<RaplMeter>(device.cpu);
}

std::shared_ptr<EnergyMeter> estimate(const MeteredDevice& device, double power_w, const std::string& note = {}) {
  return std::make_shared<EstimateMeter>(power_w, device.is_gpu ? "gpu" : "cpu",
                                         device.is_gpu ? device.uuid : device.cpu, nullptr, note);
}

std::shared_ptr<EnergyMeter> open_best(const MeteredDevice& device, const MeterOpeners& openers) {
  try {
    return device.is_gpu ? open_nvml(device, "auto", openers) : open_rapl(device, openers);
  } catch (const Error& error) {
    const ErrorKind kind = error.kind();
    const bool is_not_there = kind == ErrorKind::sensor_unsupported || (device.is_gpu && kind == ErrorKind::no_driver);
    const bool is_forbidden = !device.is_gpu && kind == ErrorKind::sensor_permission;
    if (!is_not_there && !is_forbidden) throw;
    return estimate(device, stated_power_w(device), is_forbidden ? error.what() : "");
  }
}

std::shared_ptr<EnergyMeter> open_one(const std::string& name, const MeteredDevice& device,
                                      const MeterOpeners& openers) {
  check_one(name, device);
  const Asked asked = asked_for(name);
  if (asked.kind == "estimate") {
    return estimate(device, asked.argument ? watts(name, *asked.argument) : stated_power_w(device));
  }
  if (asked.kind == "nvml") return open_nvml(device, asked.argument.value_or("auto"), openers);
  return asked.kind == "rapl" ? open_rapl(device, openers) : open_best(device, openers);
}

}  // namespace

std::vector<std::string> meter_names(const std::string& text) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  for (std::size_t plus = text.find('+'); plus != std::string::npos; plus = text.find('+', begin)) {
    names.push_back(text.substr(begin, plus - begin));
    begin = plus + 1;
  }
  names.push_back(text.substr(begin));
  return names;
}

void check_meters(const std::vector<std::string>& names, const MeteredDevice& device) {
  if (names.empty()) throw Error(ErrorKind::bad_input, std::string("no meter is named: ") + known);
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (names[i] == "rapl") continue;
    throw Error(ErrorKind::bad_input,
                "meter '" + names[i] + "' cannot be read beside another: only 'rapl' can, as in 'auto+rapl'");
  }
  check_one(names.front(), device);
}

double stated_power_w(const MeteredDevice& device) noexcept {
  return device.is_gpu ? gpu_power_w : cpu_core_power_w * device.cores;
}

std::shared_ptr<EnergyMeter> open_meters(const std::vector<std::string>& names, const MeteredDevice& device,
                                         const MeterOpeners& openers) {
  check_meters(names, device);
  std::shared_ptr<EnergyMeter> driving = open_one(names.front(), device, openers);
  if (names.size() == 1) return driving;
  std::vector<std::shared_ptr<EnergyMeter>> sides;
  for (std::size_t i = 1; i < names.size(); ++i) sides.push_back(open_rapl(device, openers));
  return std::make_shared<MeterWithSides>(std::move(driving), std::move(sides));
}

}  // namespace clear_native
