#include "torch_runner.hpp"

#include <ATen/Parallel.h>

#include <map>
#include <tuple>
#include <utility>

#include "translated.hpp"

namespace clear_native::torch_runner {

using bundle::GivenValue;
using c10::IValue;

namespace {

class TorchRoutine final : public bundle::Routine {
 public:
  TorchRoutine(const TorchRunner& runner, std::vector<Step> steps, std::vector<std::unique_ptr<IValue[]>> scratch)
      : runner_(runner), scratch_(std::move(scratch)), steps_(std::move(steps)) {}

  void run() override {
    const WithoutGradients guard;
    const c10::OptionalStreamGuard on(runner_.stream());
    std::size_t node = 0;
    translated(
        ErrorKind::workload_failed,
        [&] {
          for (const Step& step : steps_) {
            node = step.node;
            step.call->run(step.operands, stack_);
            for (IValue* value : step.freed) *value = IValue();
          }
        },
        [&] { return runner_.told(node) + "failed: "; });
  }

 private:
  const TorchRunner& runner_;
  std::vector<std::unique_ptr<IValue[]>> scratch_;  // of the stretches whose values are theirs alone
  std::vector<Step> steps_;
  torch::jit::Stack stack_;
};

}  // namespace

TorchRunner::TorchRunner(const bundle::Bundle& bundle, c10::Device device, int threads)
    : bundle_(bundle), device_(device), stream_(stream_of(device)), kept_(bundle.plan().values) {
  at::set_num_threads(threads);
  const WithoutGradients guard;
  const c10::OptionalStreamGuard on(stream_);
  const auto& plan = bundle.plan();
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    calls_.emplace_back(plan.nodes[i], "plan.json: nodes[" + std::to_string(i) + "], in " + module_of(i), device);
  }
  load_values();
  synchronize();
  capturer_ = make_graph_capturer(*this);
}

void TorchRunner::load_values() {
  for (const GivenValue& given : bundle_.plan().inputs) {
    kept_[given.value] = tensor_of(bundle_.input(given), given, device_);
  }
  // Tied weights are one tensor under two numbers, as they are in the model.
  std::map<std::tuple<std::string, std::optional<std::vector<std::int64_t>>, bool>, at::Tensor> made;
  for (const GivenValue& given : bundle_.plan().constants) {
    auto& tensor = made[{given.tensor, given.strides, given.requires_grad}];
    if (!tensor.defined()) tensor = tensor_of(bundle_.constant(given), given, device_);
    kept_[given.value] = tensor;
  }
}

bundle::RunnerDevice TorchRunner::device() const {
  if (!stream_) return {.type = "cpu"};
  return {.type = "cuda", .index = device_.index()};
}

void TorchRunner::synchronize() {
  if (!stream_) return;
  translated(
      ErrorKind::workload_failed, [&] { stream_->synchronize(); },
      [] { return std::string("waiting for the device failed: "); });
}

std::unique_ptr<bundle::Routine> TorchRunner::prepare(const bundle::Pass& pass) {
  std::vector<Step> steps;
  std::vector<std::unique_ptr<IValue[]>> scratch;
  for (const bundle::Stretch& stretch : pass) {
    if (stretch.kept) {
      for (const std::size_t node : stretch.nodes) steps.push_back(kept_step(node));
    } else {
      scratch.push_back(add_dropped(stretch, steps));
    }
  }
  return std::make_unique<TorchRoutine>(*this, std::move(steps), std::move(scratch));
}

std::string TorchRunner::module_of(std::size_t node) const {
  const std::size_t call = bundle_.plan().nodes[node].call;
  return call == 0 ? "the model itself" : "module '" + bundle_.manifest().calls[call].module + "'";
}

std::string TorchRunner::told(std::size_t node) const {
  return "plan.json: nodes[" + std::to_string(node) + "] (" + operator_name(bundle_.plan().nodes[node]) + "), in " +
         module_of(node) + ", ";
}

Step TorchRunner::kept_step(std::size_t node) {
  Step step{.call = &calls_[node], .node = node};
  for (const std::size_t id : values_read(bundle_.plan().nodes[node])) step.operands.read.push_back(&kept_[id]);
  for (const auto& id : given_by(bundle_.plan().nodes[node])) {
    step.operands.given.push_back(id ? &kept_[*id] : nullptr);
  }
  return step;
}

/// Values that the stretch defines lie in memory of its own, each freed after the last of its nodes that reads it.
std::unique_ptr<IValue[]> TorchRunner::add_dropped(const bundle::Stretch& stretch, std::vector<Step>& steps) {
  std::map<std::size_t, std::size_t> place_of;  // by value
  std::map<std::size_t, std::size_t> last_use;  // by value: the index of a step
  for (const std::size_t node : stretch.nodes) {
    for (const std::size_t id : values_defined(bundle_.plan().nodes[node])) place_of.emplace(id, place_of.size());
  }
  auto scratch = std::make_unique<IValue[]>(place_of.size());
  std::map<std::size_t, bool> defined;
  for (const std::size_t node : stretch.nodes) {
    Step step{.call = &calls_[node], .node = node};
    for (const std::size_t id : values_read(bundle_.plan().nodes[node])) {
      step.operands.read.push_back(defined[id] ? &scratch[place_of[id]] : &kept_[id]);
      if (defined[id]) last_use[id] = steps.size();
    }
    for (const auto& id : given_by(bundle_.plan().nodes[node])) {
      step.operands.given.push_back(id ? &scratch[place_of[*id]] : nullptr);
      if (!id) continue;
      defined[*id] = true;
      last_use[*id] = steps.size();
    }
    steps.push_back(std::move(step));
  }
  // The model's outputs are given to a caller, so they stay until the end.
  if (!steps.empty()) {
    for (const auto& output : bundle_.plan().outputs) {
      if (defined[output.value]) last_use[output.value] = steps.size() - 1;
    }
  }
  for (const auto& [id, step] : last_use) steps[step].freed.push_back(&scratch[place_of[id]]);
  return scratch;
}

bundle::HostTensor TorchRunner::value(std::size_t id) const {
  const auto told = [&] { return "reading value " + std::to_string(id) + " of the plan failed: "; };
  return translated(
      ErrorKind::bad_input,
      [&] {
        const WithoutGradients guard;
        const c10::OptionalStreamGuard on(stream_);
        return host_tensor(kept_.at(id).toTensor(), id);
      },
      told);
}

std::vector<std::vector<std::size_t>> TorchRunner::written_values() const {
  std::vector<std::vector<std::size_t>> written(calls_.size());
  for (std::size_t node = 0; node < calls_.size(); ++node) {
    const auto read = values_read(bundle_.plan().nodes[node]);
    for (std::size_t i = 0; i < read.size(); ++i) {
      if (calls_[node].writes()[i]) written[node].push_back(read[i]);
    }
  }
  return written;
}

std::vector<std::optional<std::size_t>> TorchRunner::memory_of_values() const {
  std::map<const c10::StorageImpl*, std::size_t> numbers;
  std::vector<std::optional<std::size_t>> memory;
  for (const IValue& value : kept_) {
    const auto* storage = storage_of(value);
    memory.push_back(storage == nullptr ? std::nullopt
                                        : std::optional(numbers.emplace(storage, numbers.size()).first->second));
  }
  return memory;
}

void TorchRunner::forget() {
  for (const bundle::Node& node : bundle_.plan().nodes) {
    for (const std::size_t id : values_defined(node)) kept_[id] = IValue();
  }
}

bundle::GraphCapturer* TorchRunner::graphs() {
  return capturer_.get();
}

#ifndef CLEAR_TORCH_CUDA
std::unique_ptr<bundle::GraphCapturer> make_graph_capturer(const TorchRunner& /*runner*/) {
  return nullptr;
}
#endif

}  // namespace clear_native::torch_runner
