#include "fake_device.hpp"

#include <atomic>
#include <chrono>
#include <cstring>

#include "cuda/calibration_layout.hpp"
#include "cuda/checksum_layout.hpp"
#include "cuda/odometer_layout.hpp"

using clear_native::cuda::CalibrationArguments;
using clear_native::cuda::ChecksumRange;
using clear_native::cuda::kChecksumBlocks;
using clear_native::cuda::kOdometerLogSize;
using clear_native::cuda::LoopParameters;
using clear_native::cuda::OdometerCell;
using clear_native::cuda::OdometerState;

namespace {

using Clock = std::chrono::steady_clock;

void store(std::uint64_t& word, std::uint64_t value) {
  std::atomic_ref<std::uint64_t>(word).store(value, std::memory_order_seq_cst);
}

std::uint64_t load(std::uint64_t& word) {
  return std::atomic_ref<std::uint64_t>(word).load(std::memory_order_seq_cst);
}

/// `chunk_s`: what a chunk of work takes.
double calibration_cost_s(const FakeLaunch& launch, double chunk_s) {
  if (launch.kernel()->name == "clear_calibration_fill") return 0;
  CalibrationArguments given;
  std::memcpy(&given, launch.arguments.at(0).data(), sizeof given);
  return given.chunks * (chunk_s + given.sleep_ns * 1e-9);
}

}  // namespace

std::uint64_t real_time_ns() {
  return kFakeEpoch_ns +
         static_cast<std::uint64_t>(
             std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count());
}

FakeDevice& fake_device() {
  static FakeDevice device;
  return device;
}

FakeDevice::FakeDevice() : worker_([this] { work(); }) {}

FakeDevice::~FakeDevice() {
  {
    const std::lock_guard lock(mutex);
    ending_ = true;
  }
  wake();
  worker_.join();
}

void FakeDevice::work() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || (!held && !queue_.empty()); });
    if (ending_) return;
    const std::function<void()> next = std::move(queue_.front());
    queue_.pop_front();
    const bool runs = sticky == CUDA_SUCCESS;
    lock.unlock();
    if (runs) next();
    lock.lock();
    ++finished_;
    changed_.notify_all();
  }
}

std::uint64_t FakeDevice::enqueue(std::function<void()> work) {
  const std::lock_guard lock(mutex);
  queue_.push_back(std::move(work));
  wake();
  return ++enqueued_;
}

bool FakeDevice::done(std::uint64_t ticket) {
  const std::lock_guard lock(mutex);
  return finished_ >= ticket;
}

bool FakeDevice::idle() {
  const std::lock_guard lock(mutex);
  return finished_ == enqueued_;
}

void FakeDevice::wait_idle() {
  std::unique_lock lock(mutex);
  changed_.wait(lock, [this] { return finished_ == enqueued_; });
}

CUresult FakeDevice::broken() {
  const std::lock_guard lock(mutex);
  return sticky;
}

void FakeDevice::note(std::string what) {
  const std::lock_guard lock(mutex);
  log.push_back(std::move(what));
}

void FakeDevice::run_graph(const CUgraph_st& graph) {
  for (const CUgraphNode_st* node : graph.ordered()) {
    if (broken() != CUDA_SUCCESS) return;
    run_node(*node);
  }
}

void FakeDevice::run_node(const CUgraphNode_st& node) {
  switch (node.type) {
    case CU_GRAPH_NODE_TYPE_KERNEL:
      return run_kernel(*node.launch);
    case CU_GRAPH_NODE_TYPE_GRAPH:
      return run_graph(*node.child);
    case CU_GRAPH_NODE_TYPE_CONDITIONAL:
      conditions_[node.handle] = 1;  // the handle's default
      while (conditions_[node.handle] != 0 && broken() == CUDA_SUCCESS) run_graph(*node.child);
      return;
    case CU_GRAPH_NODE_TYPE_MEMCPY:
      return note("memcpy(" + std::to_string(node.copy.WidthInBytes) + ")");
    case CU_GRAPH_NODE_TYPE_MEMSET:
      return note("memset(" + std::to_string(node.set.value) + ")");
    case CU_GRAPH_NODE_TYPE_EVENT_RECORD:
      return note("event_record");
    case CU_GRAPH_NODE_TYPE_WAIT_EVENT:
      return note("event_wait");
    default:
      return note("empty");
  }
}

void FakeDevice::run_kernel(const FakeLaunch& launch) {
  const std::string& name = launch.kernel()->name;
  double cost = 0;
  std::function<void()> effect;
  {
    const std::lock_guard lock(mutex);
    if (failing_kernels.contains(name)) {
      sticky = failing_kernels[name];
      return;
    }
    if (cost_s.contains(name)) cost = cost_s[name];
    if (effects.contains(name)) effect = effects[name];
    if (name.starts_with("clear_calibration_")) cost = calibration_cost_s(launch, cost);
    if (name == "clear_spin" || name == "clear_burn") cost = static_cast<double>(launch.argument(0)) * 1e-9;
  }
  spend(cost);
  if (effect) effect();
  if (run_engine_kernel(launch)) return note(name);
  std::string arguments;
  for (std::size_t i = 0; i < launch.kernel()->argument_bytes.size(); ++i) {
    arguments += (i == 0 ? "" : ",") + std::to_string(launch.argument(i));
  }
  note(name + "(" + arguments + ")");
}

void FakeDevice::spend(double cost) {
  {
    const std::lock_guard lock(mutex);
    if (counted_ns != 0) counted_ns += static_cast<std::uint64_t>(cost * 1e9) + 1;
  }
  if (cost <= 0) return;
  // Sleeping is too coarse for short kernels, spinning too dear for long ones.
  const auto until = Clock::now() + std::chrono::duration<double>(cost);
  if (cost > 1e-3) std::this_thread::sleep_for(std::chrono::duration<double>(cost - 2e-4));
  while (Clock::now() < until) std::this_thread::yield();
}

void FakeDevice::publish(OdometerState& state, OdometerCell& cell) {
  std::uint64_t now = real_time_ns();
  {
    const std::lock_guard lock(mutex);
    if (counted_ns != 0) now = counted_ns;
  }
  ++state.sequence;
  store(cell.begin, state.sequence);
  store(cell.count, state.count);
  store(cell.stamp_ns, now);
  store(cell.log_ns[state.sequence % kOdometerLogSize], now);
  {
    std::unique_lock lock(mutex);
    in_mark = true;
    changed_.wait(lock, [this] { return !held_in_mark; });
    in_mark = false;
  }
  store(cell.end, state.sequence);
}

/// Another sum than the device's, which depends on every byte and its place too.
bool FakeDevice::run_checksum(const FakeLaunch& launch) {
  const auto* ranges = reinterpret_cast<const ChecksumRange*>(launch.argument(0));
  auto* parts = reinterpret_cast<std::uint64_t*>(launch.argument(1));
  for (unsigned range = 0; range < launch.parameters.gridDimY; ++range) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(ranges[range].address);
    std::uint64_t sum = 14695981039346656037ULL;
    for (std::uint64_t i = 0; i < ranges[range].bytes; ++i) sum = (sum ^ bytes[i]) * 1099511628211ULL;
    parts[range * kChecksumBlocks] = sum;
  }
  return true;
}

/// What the engine's kernels do, on host memory.
bool FakeDevice::run_engine_kernel(const FakeLaunch& launch) {
  const std::string& name = launch.kernel()->name;
  if (name == "clear_empty" || name == "clear_spin" || name == "clear_burn") return true;
  if (name.starts_with("clear_calibration_")) return true;
  if (name == "clear_checksum") return run_checksum(launch);
  if (name != "clear_odometer" && name != "clear_reset_turns" && name != "clear_while_condition") return false;
  auto& state = *reinterpret_cast<OdometerState*>(launch.argument(0));
  auto& cell = *reinterpret_cast<OdometerCell*>(launch.argument(1));
  if (name == "clear_odometer") {
    state.count += launch.argument(2);
    publish(state, cell);
    return true;
  }
  const auto& loop = *reinterpret_cast<const LoopParameters*>(launch.arguments.at(2).data());
  if (name == "clear_reset_turns") {
    state.turns_left = load(cell.stop) != 0 ? 1 : loop.turns;
    state.turns_done = 0;
    return true;
  }
  ++state.turns_done;
  --state.turns_left;
  if (state.turns_left > 0 && state.turns_done % loop.look_every == 0 && load(cell.stop) != 0) state.turns_left = 0;
  state.count += loop.count_per_turn;
  if (state.turns_left == 0 || state.turns_done % loop.publish_every == 0) publish(state, cell);
  conditions_[launch.argument(3)] = state.turns_left > 0 ? 1 : 0;
  return true;
}
