#include "surroundings.hpp"

#include "core/errors.hpp"
#include "core/meters/nvml_listing.hpp"
#include "host.hpp"
#ifdef CLEAR_HAVE_CUDA
#include "cuda/context.hpp"
#endif

namespace clear_native::bench {
namespace {

/// Asked for once: a host of many GPUs takes its time to tell.
const NvmlListing& listed_gpus() {
  static const NvmlListing listing = list_gpus();
  return listing;
}

/// NVML's facts of a device as CUDA counts them (CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER); absent where NVML does not
/// know it, or this program was built without CUDA.
std::optional<GpuFacts> gpu_of(const NvmlListing& listing, int ordinal) {
#ifdef CLEAR_HAVE_CUDA
  const std::string uuid = cuda::device_uuid(ordinal);
  for (const GpuFacts& gpu : listing.gpus) {
    if (gpu.uuid == uuid) return gpu;
  }
#else
  static_cast<void>(listing);
  static_cast<void>(ordinal);
#endif
  return std::nullopt;
}

void append_gpu(const bundle::PlanEngine& engine, report::Facts& facts) {
  const NvmlListing* told = nullptr;
  try {
    told = &listed_gpus();
  } catch (const Error&) {  // beside the measurement: what is not known is absent
    return;
  }
  const NvmlListing& listing = *told;
  const auto append = [&facts](const char* name, const auto& value) {
    if (value) facts.emplace_back(name, *value);
  };
  append("driver", listing.driver);
  append("nvml", listing.nvml);
  const std::optional<GpuFacts> gpu = gpu_of(listing, engine.device().index);
  if (!gpu) return;
  append("gpu", gpu->name);
  facts.emplace_back("uuid", gpu->uuid);
  append("compute_capability", gpu->compute_capability);
  append("power_limit_w", gpu->power_limit_w);
  append("default_power_limit_w", gpu->default_power_limit_w);
  append("persistence_mode", gpu->persistence_mode);
}

}  // namespace

MeteredDevice metered_device(const bundle::PlanEngine& engine) {
  const bundle::RunnerDevice on = engine.device();
  MeteredDevice device{
      .is_gpu = on.type == "cuda", .uuid = {}, .cpu = cpu_name(), .called = "cpu", .cores = usable_cores()};
  if (!device.is_gpu) return device;
  device.called = "cuda:" + std::to_string(on.index);
  const std::optional<GpuFacts> gpu = gpu_of(listed_gpus(), on.index);
  if (!gpu) {
    throw Error(ErrorKind::no_driver, "NVML does not list " + device.called +
                                          ", the GPU that the bundle runs on: nvidia-smi -L must show it");
  }
  device.uuid = gpu->uuid;
  return device;
}

report::Facts environment_of(const bundle::PlanEngine& engine) {
  report::Facts facts = host_facts();
  facts.emplace_back("torch", engine.bundle().manifest().torch);  // the engine refuses another one
  if (engine.device().type == "cuda") append_gpu(engine, facts);
  return facts;
}

}  // namespace clear_native::bench
