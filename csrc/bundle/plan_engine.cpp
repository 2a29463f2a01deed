#include "plan_engine.hpp"

#include <utility>

#include "compatibility.hpp"
#include "plug_in.hpp"

namespace clear_native::bundle {

LoadedBundle load_bundle(Bundle bundle, const RunnerOptions& options) {
  const PlugIn& plug_in = load_plug_in();
  check_compatible(bundle, {.torch = plug_in.torch,
                            .device_type = options.device.substr(0, options.device.find(':')),
                            .compute_capability = options.compute_capability});
  const int threads = options.threads.value_or(bundle.manifest().threads.value_or(1));
  LoadedBundle loaded{.bundle = std::make_unique<Bundle>(std::move(bundle)), .runner = nullptr};
  loaded.runner.reset(plug_in.make_runner(*loaded.bundle, options.device.c_str(), threads));
  return loaded;
}

std::unique_ptr<PlanEngine> load_plan_engine(Bundle bundle, const RunnerOptions& options) {
  return make_eager_engine(load_bundle(std::move(bundle), options));
}

}  // namespace clear_native::bundle
