#include "gpu_load.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "core/errors.hpp"
#include "driver.hpp"
#include "load_layout.hpp"

// Made by bin2c from the fatbin of load_kernels.cu.
extern "C" {
extern unsigned long long clear_native_load_kernels_fatbin[];
}

namespace clear_native::cuda {
namespace {

constexpr CUstream stream = nullptr;  // the legacy default stream: this process runs nothing beside the load
constexpr double steady_launch_s = 2e-3;
constexpr int queue_depth = 2;  // no pause between two launches, and the load ends soon after it is told to
constexpr int periods_in_graph = 16;
constexpr double look_every_s = 0.1;

CUgraphNode add_timed_kernel(CUgraph graph, CUgraphNode after, CUfunction function, unsigned blocks, unsigned threads,
                             void** arguments) {
  CUDA_KERNEL_NODE_PARAMS_v2 parameters{};
  parameters.func = function;
  parameters.gridDimX = blocks;
  parameters.gridDimY = parameters.gridDimZ = 1;
  parameters.blockDimX = threads;
  parameters.blockDimY = parameters.blockDimZ = 1;
  parameters.kernelParams = arguments;
  CUgraphNode node = nullptr;
  check(driver().GraphAddKernelNode(&node, graph, &after, after == nullptr ? 0 : 1, &parameters),
        "adding a load to a graph");
  return node;
}

std::uint64_t nanoseconds(double duration_s) {
  return static_cast<std::uint64_t>(std::llround(duration_s * 1e9));
}

unsigned blocks_of(const PrimaryContext& context) {
  return kBurnBlocksPerProcessor * static_cast<unsigned>(context.properties().sm_count);
}

GraphExec steady_exec(const PrimaryContext& context, const BurnKernel& burn) {
  const ContextScope scope(context);
  const Graph graph;
  burn.add(graph.handle(), nullptr, steady_launch_s);
  return GraphExec(graph.handle());
}

}  // namespace

BurnKernel::BurnKernel(std::shared_ptr<const PrimaryContext> context) : context_(std::move(context)) {
  const ContextScope scope(*context_);
  check(driver().ModuleLoadData(&module_, clear_native_load_kernels_fatbin), "loading the load's kernel");
  CUresult result = driver().ModuleGetFunction(&function_, module_, "clear_burn");
  if (result == CUDA_SUCCESS) {
    result = driver().MemAlloc(&sums_, std::size_t{blocks_of(*context_)} * kBurnWarps * sizeof(float));
  }
  if (result == CUDA_SUCCESS) return;
  driver().ModuleUnload(module_);
  check(result, "preparing the load's kernel");
}

BurnKernel::~BurnKernel() {
  // Where the context is already gone, all of it is too.
  if (driver().CtxPushCurrent(context_->handle()) != CUDA_SUCCESS) return;
  driver().MemFree(sums_);
  driver().ModuleUnload(module_);
  CUcontext popped = nullptr;
  driver().CtxPopCurrent(&popped);
}

CUgraphNode BurnKernel::add(CUgraph graph, CUgraphNode after, double duration_s) const {
  std::uint64_t duration_ns = nanoseconds(duration_s);
  CUdeviceptr sums = sums_;
  void* arguments[] = {&duration_ns, &sums};
  return add_timed_kernel(graph, after, function_, blocks_of(*context_), kBurnThreads, arguments);
}

GpuLoad::GpuLoad(const std::shared_ptr<const PrimaryContext>& context)
    : context_(context),
      kernels_(KernelModule::of(context)),
      burn_(context),
      steady_(steady_exec(*context, burn_)),
      queue_(context, stream, queue_depth) {}

GpuLoad::~GpuLoad() {
  queue_.abandon();
}

void GpuLoad::work() {
  queue_.launch(steady_.handle());
}

void GpuLoad::finish() {
  queue_.drain();
}

Alternation GpuLoad::alternate(double period_s, double duration_s, const BenchWatch& watch) {
  if (!std::isfinite(period_s) || !std::isfinite(duration_s) || period_s < 1e-6 || duration_s <= 0) {
    throw Error(ErrorKind::bad_input, "A load was to alternate every " + std::to_string(period_s) + " s for " +
                                          std::to_string(duration_s) + " s: at least a microsecond, and some time.");
  }
  const ContextScope scope(*context_);
  const Graph graph;
  std::uint64_t off_ns = nanoseconds(period_s / 2);
  void* off_arguments[] = {&off_ns};
  CUgraphNode last = nullptr;
  for (int i = 0; i < periods_in_graph; ++i) {
    last = burn_.add(graph.handle(), last, period_s / 2);
    last = add_timed_kernel(graph.handle(), last, kernels_->spin, 1, 1, off_arguments);
  }
  const GraphExec exec(graph.handle());
  check(driver().GraphUpload(exec.handle(), stream), "uploading an alternating load");
  wait_until_idle(stream);
  const int launches = std::max(1, static_cast<int>(std::lround(duration_s / (period_s * periods_in_graph))));
  const double begin_s = clock_.now_s();
  try {
    launch_all(exec.handle(), launches, watch);
  } catch (...) {
    queue_.abandon();  // before its graph goes
    throw;
  }
  const double end_s = clock_.now_s();
  return {(end_s - begin_s) / (launches * periods_in_graph), begin_s, end_s};
}

void GpuLoad::launch_all(CUgraphExec exec, int launches, const BenchWatch& watch) {
  double looked_s = clock_.now_s();
  for (int i = 0; i < launches; ++i) {
    queue_.launch(exec);
    if (clock_.now_s() - looked_s < look_every_s) continue;
    stop_if_interrupted(watch);
    looked_s = clock_.now_s();
  }
  queue_.drain();
}

}  // namespace clear_native::cuda
