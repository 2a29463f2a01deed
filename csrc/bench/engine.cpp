#include "engine.hpp"

#include <exception>
#include <iostream>
#include <optional>
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

LoadedEngine compiled(bundle::Bundle bundle, const bundle::RunnerOptions& options) {
  check_compiled(bundle);
  std::cerr << "clear-bench: loading " << (bundle.folder() / bundle::kCompiledFile).string()
            << ", which is code of whoever made the bundle\n";
  return {.engine = load_compiled_engine(std::move(bundle), options), .fell_back_because = {}};
}

#ifdef CLEAR_HAVE_CUDA
bundle::RunnerOptions gpu_options() {
  const auto context = cuda::PrimaryContext::of_ordinal(kDevice);
  const cuda::DeviceProperties& device = context->properties();
  return {.device = "cuda:" + std::to_string(kDevice),
          .compute_capability = std::to_string(device.compute_major) + "." + std::to_string(device.compute_minor)};
}

LoadedEngine on_gpu(bundle::Bundle bundle, const std::string& execution,
                    const std::optional<bundle::RunnerOptions>& ready) {
  const bundle::RunnerOptions options = ready ? *ready : gpu_options();
  if (execution == "compiled") return compiled(std::move(bundle), options);
  bundle::LoadedBundle loaded = load_bundle(std::move(bundle), options);
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
LoadedEngine on_gpu(const bundle::Bundle& /*bundle*/, const std::string& /*execution*/,
                    const std::optional<bundle::RunnerOptions>& /*ready*/) {
  throw Error(ErrorKind::no_driver,
              "The bundle is for a GPU, but this clear-bench has no CUDA part, because no nvcc was found when it was "
              "built: install a CUDA toolkit and clear_native again, or export the model on the CPU.");
}
#endif

/// Does what takes long and needs no bundle that is verified: loads torch for a CPU; for a GPU, begins CUDA, and gives
/// the options of it. What fails here is told where it is needed, after what is wrong with the bundle.
/// CUDA is begun before torch is loaded, and by this thread: with both at once in two threads, and with weights copied
/// to the GPU from the mapped file, a run on an H200 ended with a signal.
std::optional<bundle::RunnerOptions> get_ready(const std::string& device_type) {
  try {
#ifdef CLEAR_HAVE_CUDA
    if (device_type == "cuda") return gpu_options();
#endif
    if (device_type == "cpu") bundle::load_plug_in();
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

LoadedEngine load_engine(const std::string& path, const std::string& execution) {
  std::optional<bundle::RunnerOptions> ready;
  bundle::Bundle bundle = bundle::Bundle::open(
      path, [&ready](const bundle::Manifest& manifest) { ready = get_ready(manifest.device.type); });
  const std::string type = bundle.manifest().device.type;
  if (type == "cuda") return on_gpu(std::move(bundle), execution, ready);
  if (execution == "compiled") return compiled(std::move(bundle), {});
  if (execution == "graph") {
    throw Error(ErrorKind::bad_input, "--execution graph replays CUDA graphs, but the bundle is of the device '" +
                                          type + "': use --execution eager");
  }
  return {.engine = bundle::load_plan_engine(std::move(bundle)), .fell_back_because = {}};
}

}  // namespace clear_native::bench
