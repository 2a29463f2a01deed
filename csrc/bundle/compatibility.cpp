#include "compatibility.hpp"

#include "faults.hpp"

namespace clear_native::bundle {
namespace {

/// Without what says how it was built: "2.13.0+cpu" has the operators of "2.13.0".
std::string public_version(const std::string& version) {
  return version.substr(0, version.find('+'));
}

}  // namespace

void check_compatible(const Bundle& bundle, const RunnerFacts& facts) {
  const Manifest& manifest = bundle.manifest();
  const std::string file = (bundle.folder() / "manifest.json").string();
  if (public_version(manifest.torch) != public_version(facts.torch)) {
    refuse(file, "torch", in_quotes(manifest.torch), "the " + facts.torch + " that is here",
           "Operators differ between versions: export the model again with torch " + facts.torch +
               " (clear_native.export(model, inputs, path)), or install torch " + public_version(manifest.torch) + ".");
  }
  if (manifest.device.type != facts.device_type) {
    refuse(file, "device.type", in_quotes(manifest.device.type), in_quotes(facts.device_type),
           "Kernels and their choice are those of the device that a model was exported on: move model and inputs to " +
               facts.device_type + " and export again (clear_native.export(model, inputs, path)).");
  }
  if (manifest.device.compute_capability != facts.compute_capability) {
    refuse(file, "device.compute_capability", in_quotes(manifest.device.compute_capability.value_or("none")),
           in_quotes(facts.compute_capability.value_or("none")),
           "Export again on this GPU (clear_native.export(model, inputs, path)).");
  }
}

}  // namespace clear_native::bundle
