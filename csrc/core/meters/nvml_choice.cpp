#include "nvml_choice.hpp"

#include <array>

#include "core/errors.hpp"
#include "nvml_meter.hpp"
#include "nvml_power_meter.hpp"

namespace clear_native {
namespace {

constexpr std::array fields = {PowerField::samples, PowerField::instant, PowerField::usage};

/// The best power field where there is no counter.
std::unique_ptr<EnergyMeter> open_power_meter(const std::string& uuid, const Error& no_counter) {
  std::string missing = no_counter.what();
  for (const PowerField field : fields) {
    try {
      auto meter = std::make_unique<NvmlPowerMeter>(uuid, field);
      const std::string note = meter->traits().note;
      meter->set_note(std::string("This GPU or driver has no energy counter: its power (") + name_of(field) +
                      ") is integrated instead." + (note.empty() ? "" : " " + note));
      return meter;
    } catch (const Error& error) {
      // What may not be read is as good as not there: the next field may be.
      if (error.kind() != ErrorKind::sensor_unsupported && error.kind() != ErrorKind::sensor_permission) throw;
      missing += std::string(" ") + error.what();
    }
  }
  throw Error(ErrorKind::sensor_unsupported,
              "This GPU has neither an energy counter nor power to integrate. " + missing);
}

}  // namespace

std::unique_ptr<EnergyMeter> open_nvml_meter(const std::string& uuid, const std::string& which) {
  const NvmlDevice device(uuid);  // a GPU that is not there, or is MIG, is told before what it might have
  for (const PowerField field : fields) {
    if (which == name_of(field)) return std::make_unique<NvmlPowerMeter>(uuid, field);
  }
  if (which != "counter" && which != "auto") {
    throw Error(ErrorKind::bad_input,
                "NVML has no sensor '" + which + "': use auto, counter, samples, instant or usage.");
  }
  std::optional<Error> no_counter;
  try {
    return std::make_unique<NvmlMeter>(uuid);
  } catch (const Error& error) {
    if (which == "counter" || error.kind() != ErrorKind::sensor_unsupported) throw;
    no_counter = error;
  }
  return open_power_meter(uuid, *no_counter);
}

}  // namespace clear_native
