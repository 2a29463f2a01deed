#include "plan_engine.hpp"

#include <utility>

#include "compatibility.hpp"
#include "core/errors.hpp"
#include "plug_in.hpp"

namespace clear_native::bundle {

std::unique_ptr<PlanEngine> load_plan_engine(Bundle bundle, const EngineOptions& options) {
  if (options.device != "cpu") {
    throw Error(ErrorKind::bad_input, "A bundle was to run on '" + options.device +
                                          "', expected 'cpu': this runner has no other device. Export the model on the "
                                          "CPU, or measure it with clear_native.profile in Python.");
  }
  if (options.execution != Execution::eager) {
    throw Error(ErrorKind::bad_input,
                "A bundle on a CPU was to run as graphs, which need a CUDA device: choose execution 'eager'.");
  }
  const PlugIn& plug_in = load_plug_in();
  check_compatible(bundle, {.torch = plug_in.torch, .device_type = options.device, .compute_capability = {}});
  const int threads = options.threads.value_or(bundle.manifest().threads.value_or(1));
  auto kept = std::make_unique<Bundle>(std::move(bundle));
  std::unique_ptr<NodeRunner> runner(plug_in.make_runner(*kept, options.device.c_str(), threads));
  return make_eager_engine(std::move(kept), std::move(runner));
}

}  // namespace clear_native::bundle
