#include "calibration_load.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "calibration_layout.hpp"
#include "core/errors.hpp"
#include "core/windows/calibrate.hpp"
#include "driver.hpp"
#include "graph.hpp"
#include "handles.hpp"
#include "launch_queue.hpp"
#include "model_graph.hpp"
#include "replay_factory.hpp"
#include "subgraph.hpp"

// Made by bin2c from the fatbin of calibration_kernels.cu.
extern "C" {
extern unsigned long long clear_native_calibration_kernels_fatbin[];
}

namespace clear_native::cuda {
namespace {

constexpr double pass_s = 1e-3;
constexpr double min_launch_s = 2e-3;
constexpr int max_passes = 64;
constexpr std::uint32_t first_chunks = 32;  // of the run that tells how long a chunk takes
constexpr std::uint32_t occupancy_sleep_ns = 1000;
constexpr double longest_sleep_ns = 1e6;  // of __nanosleep (PTX ISA, "nanosleep")

CUfunction function_of(CUmodule module, const std::string& name) {
  CUfunction function = nullptr;
  check(driver().ModuleGetFunction(&function, module, name.c_str()), "finding a calibration kernel");
  return function;
}

CUgraphNode add_kernel_of(CUgraph graph, CUfunction function, const CalibrationKind& kind, int sm_count,
                          CalibrationArguments& arguments) {
  void* pointers[] = {&arguments};
  CUDA_KERNEL_NODE_PARAMS_v2 parameters{};
  parameters.func = function;
  parameters.gridDimX = static_cast<unsigned>(kind.blocks_per_sm * sm_count);
  parameters.gridDimY = parameters.gridDimZ = 1;
  parameters.blockDimX = kCalibrationThreads;
  parameters.blockDimY = parameters.blockDimZ = 1;
  parameters.sharedMemBytes = kind.shared_bytes;
  parameters.kernelParams = pointers;
  CUgraphNode node = nullptr;
  check(driver().GraphAddKernelNode(&node, graph, nullptr, 0, &parameters), "adding a calibration kernel to a graph");
  return node;
}

/// A graph of one kernel, as a part to be replayed.
Parts parts_of(const std::shared_ptr<const PrimaryContext>& context, const Graph& graph) {
  const auto model = ModelGraph::create(context, number_of(graph.handle()), {});
  return {Subgraph::create(model, {0})};
}

}  // namespace

/// Random numbers on the device, and a word to write to.
struct CalibrationLoad::Memory {
  Memory(std::shared_ptr<const PrimaryContext> in, std::size_t size, unsigned number_format)
      : context(std::move(in)), bytes(size), format(number_format) {
    const ContextScope scope(*context);
    check(driver().MemAlloc(&address, bytes + sizeof(std::uint64_t)), "allocating memory to calibrate with");
  }
  ~Memory() {
    const ContextScope scope(*context);
    driver().MemFree(address);
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  std::shared_ptr<const PrimaryContext> context;
  std::size_t bytes;
  unsigned format;
  CUdeviceptr address = 0;
};

/// A replay with all that it reads from.
class CalibrationLoad::Run final : public Workload {
 public:
  Run(std::shared_ptr<Memory> memory, Graph graph) : memory_(std::move(memory)), graph_(std::move(graph)) {}

  void set(std::unique_ptr<Workload> replay) { replay_ = std::move(replay); }
  [[nodiscard]] const Graph& graph() const noexcept { return graph_; }

  [[nodiscard]] double passes_per_launch() const override { return replay_->passes_per_launch(); }
  void launch() override { replay_->launch(); }
  bool wait_for_room(double& look_again_s) override { return replay_->wait_for_room(look_again_s); }
  [[nodiscard]] OdometerReading odometer() const override { return replay_->odometer(); }
  void drain() override { replay_->drain(); }

 private:
  std::shared_ptr<Memory> memory_;
  Graph graph_;
  std::unique_ptr<Workload> replay_;  // last: it reads from the others
};

CalibrationLoad::CalibrationLoad(std::shared_ptr<const PrimaryContext> context) : context_(std::move(context)) {
  const ContextScope scope(*context_);
  try {
    check(driver().ModuleLoadData(&module_, clear_native_calibration_kernels_fatbin), "loading calibration kernels");
    check(driver().StreamCreate(&stream_, CU_STREAM_NON_BLOCKING), "making a stream to calibrate on");
  } catch (...) {
    release();
    throw;
  }
}

CalibrationLoad::~CalibrationLoad() {
  if (driver().CtxPushCurrent(context_->handle()) != CUDA_SUCCESS) return;
  release();
  CUcontext popped = nullptr;
  driver().CtxPopCurrent(&popped);
}

void CalibrationLoad::release() noexcept {
  if (stream_ != nullptr) driver().StreamDestroy(stream_);
  if (module_ != nullptr) driver().ModuleUnload(module_);
}

const std::shared_ptr<CalibrationLoad::Memory>& CalibrationLoad::memory_for(const CalibrationKind& kind) {
  const std::size_t bytes = calibration_bytes(kind, device());
  const auto known = std::find_if(memories_.begin(), memories_.end(), [&](const auto& memory) {
    return memory->bytes == bytes && memory->format == kind.format;
  });
  if (known != memories_.end()) return *known;
  auto memory = std::make_shared<Memory>(context_, bytes, kind.format);
  CUdeviceptr words = memory->address;
  std::uint64_t count = bytes / sizeof(std::uint64_t);
  std::uint64_t format = kind.format;
  void* arguments[] = {&words, &count, &format};
  const auto blocks = static_cast<unsigned>(4 * device().sm_count);
  check(driver().LaunchKernel(function_of(module_, "clear_calibration_fill"), blocks, 1, 1, kCalibrationThreads, 1, 1,
                              0, stream_, arguments, nullptr),
        "filling memory with random numbers");
  wait_until_idle(stream_);
  return memories_.emplace_back(std::move(memory));
}

CalibrationRun CalibrationLoad::run(TaskRunner& runner, const CalibrationKind& kind, std::uint32_t chunks,
                                    std::uint32_t sleep_ns, const Watch& watch) {
  const std::shared_ptr<Memory>& memory = memory_for(kind);
  const CUfunction function = function_of(module_, kind.function);
  if (kind.shared_bytes > 0) {
    check(driver().FuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                    static_cast<int>(kind.shared_bytes)),
          "giving a calibration kernel its shared memory");
  }
  CalibrationArguments arguments{.memory = memory->address,
                                 .memory_bytes = memory->bytes,
                                 .sink = memory->address + memory->bytes,
                                 .chunks = chunks,
                                 .sleep_ns = sleep_ns};
  Graph graph;
  add_kernel_of(graph.handle(), function, kind, device().sm_count, arguments);
  auto run = std::make_unique<Run>(memory, std::move(graph));
  GraphReplayFactory factory(number_of(stream_), parts_of(context_, run->graph()));
  CalibratedReplay replay = calibrate(runner, factory, min_launch_s, max_passes, watch);
  run->set(std::move(replay.workload));
  const double blocks = static_cast<double>(kind.blocks_per_sm) * device().sm_count;
  return {std::move(run), kind.units_per_chunk * blocks * chunks, replay.chosen.time_per_pass_s};
}

std::vector<CalibrationRun> CalibrationLoad::runs(TaskRunner& runner, const CalibrationKind& kind,
                                                  const std::vector<double>& intensities, const Watch& watch) {
  const ContextScope scope(*context_);
  std::vector<CalibrationRun> made;
  if (kind.unit.empty()) {
    const auto chunks = static_cast<std::uint32_t>(pass_s * 1e9 / occupancy_sleep_ns);
    made.push_back(run(runner, kind, chunks, occupancy_sleep_ns, watch));
    return made;
  }
  const CalibrationRun trial = run(runner, kind, first_chunks, 0, watch);
  const double chunk_s = trial.time_per_pass_s / first_chunks;
  for (const double intensity : intensities) {
    if (!(intensity > 0) || intensity > 1) {
      throw Error(ErrorKind::bad_input,
                  "An intensity is above 0 and at most 1, not " + std::to_string(intensity) + ".");
    }
    const double sleep_ns = std::min(longest_sleep_ns, 1e9 * chunk_s * (1 / intensity - 1));
    const double chunks = std::max(1.0, std::round(pass_s * intensity / chunk_s));
    made.push_back(run(runner, kind, static_cast<std::uint32_t>(chunks), static_cast<std::uint32_t>(sleep_ns), watch));
  }
  return made;
}

}  // namespace clear_native::cuda
