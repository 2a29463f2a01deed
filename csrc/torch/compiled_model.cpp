// A package of AOTInductor, run on a bundle's inputs.

#include "compiled_model.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <utility>

#include "torch_values.hpp"
#include "translated.hpp"

namespace clear_native::torch_runner {
namespace {

class TorchCompiledModel final : public bundle::CompiledModel {
 public:
  TorchCompiledModel(const bundle::Bundle& bundle, const std::string& path, c10::Device device, int threads)
      : device_(device),
        stream_(stream_of(device)),
        loader_(path, "model", false, 1, device.is_cpu() ? c10::DeviceIndex{-1} : device.index()) {
    at::set_num_threads(threads);
    const WithoutGradients guard;
    const c10::OptionalStreamGuard on(stream_);
    for (const bundle::GivenValue& given : bundle.plan().inputs) {
      inputs_.push_back(tensor_of(bundle.input(given), given, device));
    }
  }

  [[nodiscard]] bundle::RunnerDevice device() const override {
    return {.type = device_.is_cpu() ? "cpu" : "cuda", .index = device_.is_cpu() ? 0 : device_.index()};
  }

  void run() override {
    const WithoutGradients guard;
    const c10::OptionalStreamGuard on(stream_);
    translated(
        ErrorKind::workload_failed, [&] { outputs_ = loader_.run(inputs_); },
        [] { return std::string("running the compiled model failed: "); });
  }

  void synchronize() override {
    if (!stream_) return;
    translated(
        ErrorKind::workload_failed, [&] { stream_->synchronize(); },
        [] { return std::string("waiting for the device failed: "); });
  }

  [[nodiscard]] std::vector<bundle::HostTensor> outputs() const override {
    const WithoutGradients guard;
    const c10::OptionalStreamGuard on(stream_);
    return translated(
        ErrorKind::workload_failed,
        [&] {
          std::vector<bundle::HostTensor> found;
          found.reserve(outputs_.size());
          for (std::size_t i = 0; i < outputs_.size(); ++i) found.push_back(host_tensor(outputs_[i], i));
          return found;
        },
        [] { return std::string("reading outputs of the compiled model failed: "); });
  }

 private:
  c10::Device device_;
  std::optional<c10::Stream> stream_;
  torch::inductor::AOTIModelPackageLoader loader_;
  std::vector<at::Tensor> inputs_;
  std::vector<at::Tensor> outputs_;
};

}  // namespace

std::unique_ptr<bundle::CompiledModel> make_compiled_model(const bundle::Bundle& bundle, const std::string& path,
                                                           c10::Device device, int threads) {
  return std::make_unique<TorchCompiledModel>(bundle, path, device, threads);
}

}  // namespace clear_native::torch_runner
