#include "gpus.hpp"

#include "core/errors.hpp"
#include "core/meters/nvml_listing.hpp"
#include "host.hpp"

namespace clear_native::bench {

std::optional<int> gpu_in(const std::string& device) {
  if (device == "cpu") return std::nullopt;
  if (device == "cuda") return 0;
  const std::string prefix = "cuda:";
  const std::string number = device.rfind(prefix, 0) == 0 ? device.substr(prefix.size()) : "";
  if (number.empty() || number.size() > 3 || number.find_first_not_of("0123456789") != std::string::npos) {
    throw Error(ErrorKind::bad_input, "unknown device '" + device + "': use 'cpu', 'cuda' or 'cuda:0'");
  }
  return std::stoi(number);
}

std::string default_device() {
  try {
    return list_gpus().gpus.empty() ? "cpu" : "cuda";
  } catch (const Error&) {  // no driver
    return "cpu";
  }
}

report::Facts environment_of_gpu(const std::string& uuid) {
  report::Facts facts = host_facts();
  const NvmlListing listing = list_gpus();
  if (listing.driver) facts.emplace_back("driver", *listing.driver);
  for (const GpuFacts& gpu : listing.gpus) {
    if (gpu.uuid != uuid) continue;
    if (gpu.name) facts.emplace_back("gpu", *gpu.name);
    facts.emplace_back("uuid", gpu.uuid);
    if (gpu.power_limit_w) facts.emplace_back("power_limit_w", *gpu.power_limit_w);
  }
  return facts;
}

}  // namespace clear_native::bench
