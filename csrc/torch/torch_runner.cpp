// A bundle's plan run by libtorch: its values, its passes, and what the program looks up.

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/version.h>

#include <array>
#include <cstring>
#include <map>
#include <tuple>
#include <utility>

#include "bundle/plug_in_interface.hpp"
#include "bundle/strided.hpp"
#include "operator_call.hpp"
#include "translated.hpp"

/// Of the libtorch that is loaded, where it tells; the headers' own version may be another.
extern "C" __attribute__((weak)) std::uint64_t aoti_torch_abi_version();

namespace clear_native::torch_runner {
namespace {

using bundle::Bundle;
using bundle::GivenValue;
using bundle::TensorView;
using c10::IValue;

/// As a model runs under torch.no_grad(), but past the layer of the dispatcher that would note gradients. Views are
/// still tracked, as there: torch chooses some kernels by whether a tensor requires gradients, whatever the mode is.
struct WithoutGradients {
  at::NoGradGuard no_grad;
  at::AutoDispatchBelowAutograd below_autograd;
};

at::Tensor new_tensor(c10::ScalarType type, std::size_t elements) {
  const std::array<std::int64_t, 1> sizes{static_cast<std::int64_t>(elements)};
  return at::empty(sizes, at::TensorOptions(at::kCPU).dtype(type));
}

/// In memory of torch's own, as the model's tensors were: aligned, and free to be written to.
at::Tensor tensor_of(const TensorView& view, const GivenValue& given) {
  const auto type = scalar_type(view.dtype);
  const std::size_t width = bundle::element_bytes(view.dtype);
  const auto fill = [&](std::span<const std::byte> bytes) {
    at::Tensor flat = new_tensor(type, bytes.size() / width);
    if (!bytes.empty()) std::memcpy(flat.mutable_data_ptr(), bytes.data(), bytes.size());
    return flat;
  };
  at::Tensor tensor = given.strides
                          ? fill(bundle::laid_out(view, *given.strides)).as_strided(view.shape, *given.strides)
                          : fill(view.bytes).view(view.shape);
  return tensor.detach().set_requires_grad(given.requires_grad);
}

/// By output of a node, lists spelled out.
std::vector<bundle::OptionalValue> given_by(const bundle::Node& node) {
  std::vector<bundle::OptionalValue> given;
  for (const bundle::Output& output : node.outputs) {
    if (const auto* list = std::get_if<std::vector<bundle::OptionalValue>>(&output)) {
      given.insert(given.end(), list->begin(), list->end());
    } else {
      given.push_back(std::get<bundle::OptionalValue>(output));
    }
  }
  return given;
}

class TorchRunner;

struct Step {
  const OperatorCall* call = nullptr;
  std::size_t node = 0;
  OperatorCall::Operands operands = {};
  // afterwards. NOLINTNEXTLINE(readability-redundant-member-init): GCC wants it
  std::vector<IValue*> freed = {};
};

class TorchRoutine final : public bundle::Routine {
 public:
  TorchRoutine(const TorchRunner& runner, std::vector<Step> steps, std::vector<std::unique_ptr<IValue[]>> scratch)
      : runner_(runner), scratch_(std::move(scratch)), steps_(std::move(steps)) {}
  void run() override;

 private:
  const TorchRunner& runner_;
  std::vector<std::unique_ptr<IValue[]>> scratch_;  // of the stretches whose values are theirs alone
  std::vector<Step> steps_;
  torch::jit::Stack stack_;
};

class TorchRunner final : public bundle::NodeRunner {
 public:
  TorchRunner(const Bundle& bundle, int threads) : bundle_(bundle), kept_(bundle.plan().values) {
    at::set_num_threads(threads);
    const WithoutGradients guard;
    const auto& plan = bundle.plan();
    for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
      calls_.emplace_back(plan.nodes[i], "plan.json: nodes[" + std::to_string(i) + "], in " + module_of(i));
    }
    for (const GivenValue& given : plan.inputs) kept_[given.value] = tensor_of(bundle.input(given), given);
    // Tied weights are one tensor under two numbers, as they are in the model.
    std::map<std::tuple<std::string, std::optional<std::vector<std::int64_t>>, bool>, at::Tensor> made;
    for (const GivenValue& given : plan.constants) {
      auto& tensor = made[{given.tensor, given.strides, given.requires_grad}];
      if (!tensor.defined()) tensor = tensor_of(bundle.constant(given), given);
      kept_[given.value] = tensor;
    }
  }

  [[nodiscard]] bundle::RunnerDevice device() const override { return {.type = "cpu"}; }
  void synchronize() override {}

  std::unique_ptr<bundle::Routine> prepare(const bundle::Pass& pass) override {
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

  [[nodiscard]] bundle::HostTensor value(std::size_t id) const override;
  [[nodiscard]] std::vector<std::vector<std::size_t>> written_values() const override;
  [[nodiscard]] std::vector<std::optional<std::size_t>> memory_of_values() const override;

  /// For messages.
  [[nodiscard]] std::string module_of(std::size_t node) const {
    const std::size_t call = bundle_.plan().nodes[node].call;
    return call == 0 ? "the model itself" : "module '" + bundle_.manifest().calls[call].module + "'";
  }
  [[nodiscard]] std::string told(std::size_t node) const {
    return "plan.json: nodes[" + std::to_string(node) + "] (" + operator_name(bundle_.plan().nodes[node]) + "), in " +
           module_of(node) + ", failed: ";
  }

 private:
  Step kept_step(std::size_t node) {
    Step step{.call = &calls_[node], .node = node};
    for (const std::size_t id : values_read(bundle_.plan().nodes[node])) step.operands.read.push_back(&kept_[id]);
    for (const auto& id : given_by(bundle_.plan().nodes[node])) {
      step.operands.given.push_back(id ? &kept_[*id] : nullptr);
    }
    return step;
  }

  /// Values that the stretch defines lie in memory of its own, each freed after the last of its nodes that reads it.
  std::unique_ptr<IValue[]> add_dropped(const bundle::Stretch& stretch, std::vector<Step>& steps) {
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

  const Bundle& bundle_;
  std::vector<OperatorCall> calls_;
  std::vector<IValue> kept_;
};

void TorchRoutine::run() {
  const WithoutGradients guard;
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
      [&] { return runner_.told(node); });
}

bundle::DType dtype_of(c10::ScalarType type, std::size_t id) {
  for (int number = 0; number <= static_cast<int>(bundle::DType::complex128); ++number) {
    const auto dtype = static_cast<bundle::DType>(number);
    if (scalar_type(dtype) == type) return dtype;
  }
  throw Error(ErrorKind::bad_input, "Value " + std::to_string(id) + " of the plan is of a type that no bundle holds (" +
                                        c10::toString(type) + "): export a model with outputs of another type.");
}

bundle::HostTensor TorchRunner::value(std::size_t id) const {
  const auto told = [&] { return "reading value " + std::to_string(id) + " of the plan failed: "; };
  return translated(
      ErrorKind::bad_input,
      [&] {
        const WithoutGradients guard;
        const at::Tensor tensor = kept_.at(id).toTensor().contiguous();
        bundle::HostTensor host{
            .dtype = dtype_of(tensor.scalar_type(), id), .shape = tensor.sizes().vec(), .bytes = {}};
        host.bytes.resize(tensor.nbytes());
        if (!host.bytes.empty()) std::memcpy(host.bytes.data(), tensor.const_data_ptr(), host.bytes.size());
        return host;
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
    const bool has_memory = value.isTensor() && value.toTensor().defined() && value.toTensor().has_storage();
    if (!has_memory) {
      memory.emplace_back();
      continue;
    }
    const auto* storage = value.toTensor().storage().unsafeGetStorageImpl();
    memory.emplace_back(numbers.emplace(storage, numbers.size()).first->second);
  }
  return memory;
}

std::string version_here() {
  if (aoti_torch_abi_version == nullptr) return TORCH_VERSION;
  const std::uint64_t version = aoti_torch_abi_version();
  return std::to_string(version >> 56U) + "." + std::to_string(version >> 48U & 0xffU) + "." +
         std::to_string(version >> 40U & 0xffU);
}

bundle::NodeRunner* make_runner(const Bundle& bundle, const char* device, int threads) {
  if (std::strcmp(device, "cpu") != 0) {
    throw Error(ErrorKind::bad_input, std::string("the plug-in runs bundles on 'cpu', got '") + device + "'");
  }
  return translated(
      ErrorKind::bad_input, [&] { return std::make_unique<TorchRunner>(bundle, threads).release(); },
      [] { return std::string("loading the bundle failed: "); });
}

}  // namespace
}  // namespace clear_native::torch_runner

extern "C" __attribute__((visibility("default"))) const clear_native::bundle::PlugIn* clear_torch_runner() {
  static const std::string version = clear_native::torch_runner::version_here();
  static const clear_native::bundle::PlugIn plug_in{.interface = clear_native::bundle::kPlugInInterface,
                                                    .torch = version.c_str(),
                                                    .make_runner = clear_native::torch_runner::make_runner};
  return &plug_in;
}
