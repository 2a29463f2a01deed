// What the program looks up in the plug-in.

#include <ATen/Context.h>
#include <torch/version.h>

#include "bundle/plug_in_interface.hpp"
#include "compiled_model.hpp"
#include "torch_runner.hpp"
#include "translated.hpp"

/// Of the libtorch that is loaded, where it tells; the headers' own version may be another.
// NOLINTNEXTLINE(readability-redundant-declaration): some headers declare it, but not as weak.
extern "C" __attribute__((weak)) std::uint64_t aoti_torch_abi_version();

namespace clear_native::torch_runner {
namespace {

std::string version_here() {
  if (aoti_torch_abi_version == nullptr) return TORCH_VERSION;
  const std::uint64_t version = aoti_torch_abi_version();
  return std::to_string(version >> 56U) + "." + std::to_string(version >> 48U & 0xffU) + "." +
         std::to_string(version >> 40U & 0xffU);
}

c10::Device checked_device(const std::string& name) {
  const c10::Device device(name);
  if (device.is_cpu()) return device;
  if (!device.is_cuda() || !device.has_index()) {
    throw Error(ErrorKind::bad_input, "the plug-in runs bundles on 'cpu' or 'cuda:0', got '" + name + "'");
  }
  if (!at::hasCUDA()) {
    throw Error(ErrorKind::bad_input,
                "The bundle is for a GPU, but the torch of the plug-in has no CUDA, or finds no GPU: install a torch "
                "for CUDA and then clear_native again in the same environment.");
  }
  at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
  return device;
}

bundle::NodeRunner* make_runner(const bundle::Bundle& bundle, const char* device, int threads) {
  return translated(
      ErrorKind::bad_input,
      [&] { return std::make_unique<TorchRunner>(bundle, checked_device(device), threads).release(); },
      [] { return std::string("loading the bundle failed: "); });
}

bundle::CompiledModel* make_compiled(const bundle::Bundle& bundle, const char* path, const char* device, int threads) {
  return translated(
      ErrorKind::bad_input,
      [&] { return make_compiled_model(bundle, path, checked_device(device), threads).release(); },
      [] { return std::string("loading the compiled model failed: "); });
}

}  // namespace
}  // namespace clear_native::torch_runner

extern "C" __attribute__((visibility("default"))) const clear_native::bundle::PlugIn* clear_torch_runner() {
  static const std::string version = clear_native::torch_runner::version_here();
  static const clear_native::bundle::PlugIn plug_in{.interface = clear_native::bundle::kPlugInInterface,
                                                    .torch = version.c_str(),
                                                    .make_runner = clear_native::torch_runner::make_runner,
                                                    .make_compiled = clear_native::torch_runner::make_compiled};
  return &plug_in;
}
