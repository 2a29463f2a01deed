#include "engine.hpp"

#include <future>
#include <iostream>
#include <memory>
#include <utility>

#include "bundle/compiled_model.hpp"
#include "bundle/plug_in.hpp"
#include "core/errors.hpp"
#ifdef CLEAR_HAVE_CUDA
#include "cuda/context.hpp"
#include "plan_graphs/graph_engine.hpp"
#endif

namespace clear_native::bench {
namespace {

constexpr int kDevice = 0;  // of those that CUDA_VISIBLE_DEVICES leaves

/// Why it does not is told where it is needed, after what is wrong with the bundle.
bool loads_plug_in() {
  try {
    bundle::load_plug_in();
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// What takes long and needs no bundle that is verified: torch is loaded, and a GPU's context made. That is kept, so
/// that torch and the graphs find it made.
class Readied {
 public:
  void begin(const std::string& device_type) {
#ifdef CLEAR_HAVE_CUDA
    if (device_type == "cuda") {
      context_ = std::async(std::launch::async, [] { return cuda::PrimaryContext::of_ordinal(kDevice); }).share();
    }
#else
    static_cast<void>(device_type);
#endif
    loads_plug_in();
  }

#ifdef CLEAR_HAVE_CUDA
  [[nodiscard]] const cuda::PrimaryContext& context() const { return *context_.get(); }

 private:
  std::shared_future<std::shared_ptr<const cuda::PrimaryContext>> context_;
#endif
};

LoadedEngine compiled(bundle::Bundle bundle, const bundle::RunnerOptions& options) {
  check_compiled(bundle);
  std::cerr << "clear-bench: loading " << (bundle.folder() / bundle::kCompiledFile).string()
            << ", which is code of whoever made the bundle\n";
  return {.engine = load_compiled_engine(std::move(bundle), options), .fell_back_because = {}};
}

#ifdef CLEAR_HAVE_CUDA
bundle::RunnerOptions gpu_options(const Readied& readied) {
  const cuda::DeviceProperties& device = readied.context().properties();
  return {.device = "cuda:" + std::to_string(kDevice),
          .compute_capability = std::to_string(device.compute_major) + "." + std::to_string(device.compute_minor)};
}

LoadedEngine on_gpu(bundle::Bundle bundle, const std::string& execution, const Readied& readied) {
  if (execution == "compiled") return compiled(std::move(bundle), gpu_options(readied));
  bundle::LoadedBundle loaded = load_bundle(std::move(bundle), gpu_options(readied));
  LoadedEngine made;
  if (execution != "eager") {
    try {
      made.engine = plan_graphs::make_graph_engine(loaded);
      return made;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::capture_failed || execution == "graph") throw;
      made.fell_back_because = error.what();
    }
  }
  made.engine = make_eager_engine(std::move(loaded));
  return made;
}
#else
LoadedEngine on_gpu(const bundle::Bundle& /*bundle*/, const std::string& /*execution*/, const Readied& /*readied*/) {
  throw Error(ErrorKind::no_driver,
              "The bundle is for a GPU, but this clear-bench has no CUDA part, because no nvcc was found when it was "
              "built: install a CUDA toolkit and clear_native again, or export the model on the CPU.");
}
#endif

}  // namespace

LoadedEngine load_engine(const std::string& path, const std::string& execution) {
  Readied readied;
  bundle::Bundle bundle =
      bundle::Bundle::open(path, [&readied](const bundle::Manifest& manifest) { readied.begin(manifest.device.type); });
  const std::string type = bundle.manifest().device.type;
  if (type == "cuda") return on_gpu(std::move(bundle), execution, readied);
  if (execution == "compiled") return compiled(std::move(bundle), {});
  if (execution == "graph") {
    throw Error(ErrorKind::bad_input, "--execution graph replays CUDA graphs, but the bundle is of the device '" +
                                          type + "': use --execution eager");
  }
  return {.engine = bundle::load_plan_engine(std::move(bundle)), .fell_back_because = {}};
}

}  // namespace clear_native::bench
