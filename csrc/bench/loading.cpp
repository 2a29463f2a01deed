#include "loading.hpp"

#include <utility>

#include "core/errors.hpp"

namespace clear_native::bench {

std::unique_ptr<bundle::PlanEngine> load_engine(const std::string& path, const std::string& execution) {
  bundle::Bundle bundle = bundle::Bundle::open(path);
  const std::string& type = bundle.manifest().device.type;
  const std::string chosen = execution.empty() ? (type == "cuda" ? "graph" : "eager") : execution;
  if (chosen == "graph" && type != "cuda") {
    throw Error(ErrorKind::bad_input, "--execution graph replays CUDA graphs, but the bundle is of the device '" +
                                          type + "': use --execution eager");
  }
  bundle::EngineOptions wanted;
  wanted.execution = chosen == "graph" ? bundle::Execution::graph : bundle::Execution::eager;
  wanted.device = type;
  return bundle::load_plan_engine(std::move(bundle), wanted);
}

}  // namespace clear_native::bench
