#include "plan_engine.hpp"

#include <utility>

#include "plug_in.hpp"

namespace clear_native::bundle {

const char* name_of(Execution execution) noexcept {
  switch (execution) {
    case Execution::graph:
      return "graph";
    case Execution::compiled:
      return "compiled";
    case Execution::eager:
      break;
  }
  return "eager";
}

LoadedBundle load_bundle(Bundle bundle, const RunnerOptions& options) {
  const PlugIn& plug_in = checked_plug_in(bundle, options);
  const int threads = options.threads.value_or(bundle.manifest().threads.value_or(1));
  LoadedBundle loaded{.bundle = std::make_unique<Bundle>(std::move(bundle)), .runner = nullptr};
  loaded.runner.reset(plug_in.make_runner(*loaded.bundle, options.device.c_str(), threads));
  return loaded;
}

std::unique_ptr<PlanEngine> load_plan_engine(Bundle bundle, const RunnerOptions& options) {
  return make_eager_engine(load_bundle(std::move(bundle), options));
}

}  // namespace clear_native::bundle
