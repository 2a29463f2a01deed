// A plan captured into a CUDA graph. Needs a torch for CUDA, and the toolkit's headers.

#include <ATen/ops/all.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>

#include <map>
#include <utility>

#include "captured_memory.hpp"
#include "memory_pools.hpp"
#include "torch_runner.hpp"
#include "translated.hpp"

namespace clear_native::torch_runner {
namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;
using bundle::DeviceRange;
using c10::IValue;

constexpr const char* kNotCaptured = "the forward cannot be captured into a CUDA graph: ";
constexpr const char* kWhatToDo =
    ". Waits for the device, copies to the host and shapes that depend on data do it: take them out of the forward and "
    "export again, or use --execution eager";

/// What a capture is asked later, on its stream.
template <class Read>
auto read_on(const TorchRunner& runner, Read reading) {
  return translated(
      ErrorKind::workload_failed,
      [&] {
        const WithoutGradients guard;
        const c10::OptionalStreamGuard on(runner.stream());
        return reading();
      },
      [] { return std::string("reading a value of the captured forward failed: "); });
}

class TorchCapture final : public bundle::CapturedForward {
 public:
  /// Throws Error.
  TorchCapture(const TorchRunner& runner, const bundle::CaptureRequest& request, bundle::CaptureWatch& watch)
      : runner_(runner),
        request_(request),
        values_(runner.bundle().plan().values),
        pool_(at::cuda::graph_pool_handle()),
        scratch_pool_(runner.torch_device().index(), pool_) {
    const WithoutGradients guard;
    const c10::OptionalStreamGuard on(runner_.stream());
    capture(watch);
    refused_ = memory_.stray_of(values_);
  }

  [[nodiscard]] std::uintptr_t graph() const override { return raw_graph_; }

  void replay() override {
    const c10::OptionalStreamGuard on(runner_.stream());
    translated(
        ErrorKind::workload_failed,
        [&] {
          graph_.replay();
          runner_.stream()->synchronize();
        },
        [] { return std::string("replaying the captured forward failed: "); });
  }

  [[nodiscard]] bundle::HostTensor value(std::size_t id) const override {
    return read_on(runner_,
                   [&] { return host_tensor(values_.at(id).isNone() ? kept(id) : values_.at(id).toTensor(), id); });
  }

  [[nodiscard]] bool all_finite() const override {
    return read_on(runner_, [&] {
      for (const IValue& value : values_) {
        if (!memory_of(value)) continue;
        const at::Tensor& tensor = value.toTensor();
        const auto type = tensor.scalar_type();
        const bool is_real =
            type == c10::kFloat || type == c10::kHalf || type == c10::kBFloat16 || type == c10::kDouble;
        if (is_real && !at::all(at::isfinite(tensor)).item<bool>()) return false;
      }
      return true;
    });
  }

  [[nodiscard]] const std::vector<DeviceRange>& kept() const override { return memory_.kept(); }
  [[nodiscard]] const std::vector<DeviceRange>& scratch() const override { return memory_.scratch(); }
  [[nodiscard]] std::size_t withheld_bytes() const override {
    std::size_t bytes = 0;
    for (const at::Tensor& tensor : withheld_) bytes += tensor.nbytes();
    return bytes;
  }
  [[nodiscard]] const std::string& refused() const override { return refused_; }

 private:
  at::Tensor kept(std::size_t id) const { return runner_.kept().at(id).toTensor(); }  // given before the forward

  void capture(bundle::CaptureWatch& watch) {
    const auto told = [] { return std::string(kNotCaptured); };
    translated(
        ErrorKind::capture_failed,
        [&] {
          c10::cuda::device_synchronize();
          allocator::emptyCache();
          graph_.capture_begin(pool_, cudaStreamCaptureModeThreadLocal);
        },
        told);
    try {
      const std::size_t nodes = runner_.bundle().plan().nodes.size();
      for (std::size_t node = 0; node < nodes; ++node) {
        naming_what_ran_before(node, [&] { watch.before(node); });
        run(node);
      }
      naming_what_ran_before(nodes, [&] { watch.at_end(); });
      translated(
          ErrorKind::capture_failed,
          [&] {
            graph_.capture_end();
            raw_graph_ = reinterpret_cast<std::uintptr_t>(graph_.raw_cuda_graph());
            graph_.instantiate();
          },
          told);
    } catch (...) {
      end_broken();
      throw;
    }
  }

  /// Some operators break a capture without failing: the watch finds that out when it looks next.
  template <class Look>
  void naming_what_ran_before(std::size_t node, Look look) {
    try {
      look();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::capture_failed || node == 0) throw;
      throw Error(error.kind(), kNotCaptured + runner_.told(node - 1) + "ran last. " + error.what());
    }
  }

  void run(std::size_t node) {
    try {
      translated(
          ErrorKind::capture_failed, [&] { run_in_its_pool(node); },
          [&] { return kNotCaptured + runner_.told(node) + "failed: "; });
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::device_out_of_memory) {
        throw Error(error.kind(), std::string(error.what()) +
                                      ". All that one part of a forward leaves to another is held: use a smaller batch "
                                      "or a shorter sequence, or free other memory on this device");
      }
      throw Error(error.kind(), error.what() + std::string(kWhatToDo));
    }
    for (const std::size_t id : request_.freed[node]) values_[id] = IValue();
  }

  void run_in_its_pool(std::size_t node) {
    const bool is_scratch = !request_.scratch.empty() && request_.scratch[node];
    const OperatorCall::Operands operands = operands_of(node);
    const std::int64_t before = allocations(index());
    if (is_scratch) {
      scratch_pool_.enter();
      try {
        runner_.call(node).run(operands, stack_);
      } catch (...) {
        scratch_pool_.leave();
        throw;
      }
      scratch_pool_.leave();
    } else {
      runner_.call(node).run(operands, stack_);
    }
    const std::size_t made = memory_.note(operands, is_scratch);
    const std::int64_t taken = allocations(index()) - before;
    if (request_.keeps && !is_scratch && taken > static_cast<std::int64_t>(made)) withhold();
  }

  OperatorCall::Operands operands_of(std::size_t node) {
    OperatorCall::Operands operands;
    const bundle::Node& planned = runner_.bundle().plan().nodes[node];
    for (const std::size_t id : values_read(planned)) {
      const bool is_given = values_[id].isNone();  // nothing is let go before its last use
      operands.read.push_back(is_given ? &runner_.kept()[id] : &values_[id]);
    }
    for (const auto& id : given_by(planned)) operands.given.push_back(id ? &values_[*id] : nullptr);
    return operands;
  }

  /// Every free block of the graph's pool is taken, the unused tails of its segments too: after this nothing that an
  /// operator freed can be handed out again.
  void withhold() {
    for (const std::size_t bytes : bundle::withheld_sizes(free_blocks(pool_))) {
      const auto options = at::TensorOptions(runner_.torch_device()).dtype(c10::kByte);
      withheld_.push_back(at::empty({static_cast<std::int64_t>(bytes)}, options));
    }
  }

  /// Leaves torch as it was. Its own clean-up stops where the driver says that the capture is invalid: the pool then
  /// still serves this thread's allocations, and the random generators believe that they are captured.
  void end_broken() noexcept {
    const auto quietly = [](auto what) {  // what broke the capture is what is told
      try {
        what();
        return true;
      } catch (const std::exception&) {
        return false;
      }
    };
    if (quietly([&] { graph_.capture_end(); })) return;
    quietly([] { c10::cuda::device_synchronize(); });
    quietly([&] { allocator::endAllocateToPool(index(), pool_); });
    quietly([&] {  // a capture that ends well takes the generators out of theirs
      at::Tensor cell = at::empty({1}, at::TensorOptions(runner_.torch_device()).dtype(c10::kFloat));
      at::cuda::CUDAGraph well;
      well.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
      cell.zero_();
      well.capture_end();
    });
  }

  [[nodiscard]] c10::DeviceIndex index() const { return runner_.torch_device().index(); }

  const TorchRunner& runner_;
  bundle::CaptureRequest request_;
  std::vector<IValue> values_;
  PoolId pool_;
  ScratchPool scratch_pool_;
  at::cuda::CUDAGraph graph_{true};  // keeps what raw_cuda_graph() gives
  std::uintptr_t raw_graph_ = 0;
  torch::jit::Stack stack_;
  std::vector<at::Tensor> withheld_;
  CapturedMemory memory_;
  std::string refused_;
};

class TorchCapturer final : public bundle::GraphCapturer {
 public:
  TorchCapturer(const TorchRunner& runner, cudaStream_t stream) : runner_(runner), stream_(stream) {}

  [[nodiscard]] std::uintptr_t stream() const override { return reinterpret_cast<std::uintptr_t>(stream_); }

  std::unique_ptr<bundle::CapturedForward> capture(const bundle::CaptureRequest& request,
                                                   bundle::CaptureWatch& watch) override {
    return std::make_unique<TorchCapture>(runner_, request, watch);
  }

  [[nodiscard]] std::vector<DeviceRange> given_memory() const override {
    std::map<std::uintptr_t, std::size_t> bytes_at;
    const auto& plan = runner_.bundle().plan();
    for (const auto* list : {&plan.inputs, &plan.constants}) {
      for (const bundle::GivenValue& given : *list) {
        if (const auto memory = memory_of(runner_.kept()[given.value])) bytes_at[memory->address] = memory->bytes;
      }
    }
    std::vector<DeviceRange> ranges;
    ranges.reserve(bytes_at.size());
    for (const auto& [address, bytes] : bytes_at) ranges.push_back({address, bytes});
    return ranges;
  }

 private:
  const TorchRunner& runner_;
  cudaStream_t stream_;
};

}  // namespace

std::unique_ptr<bundle::GraphCapturer> make_graph_capturer(const TorchRunner& runner) {
  const std::optional<c10::Stream>& stream = runner.stream();
  if (!stream) return nullptr;
  return std::make_unique<TorchCapturer>(runner, c10::cuda::CUDAStream(*stream).stream());
}

}  // namespace clear_native::torch_runner
