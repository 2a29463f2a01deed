#include "module.hpp"

#include <map>
#include <mutex>

#include "driver.hpp"

// Made by bin2c from the fatbins of kernels.cu and while_kernels.cu. Of a type of 8 bytes: the driver wants that
// alignment.
extern "C" {
extern unsigned long long clear_native_kernels_fatbin[];
extern unsigned long long clear_native_while_kernels_fatbin[];
}

namespace clear_native::cuda {
namespace {

CUfunction function_of(CUmodule module, const char* name) {
  CUfunction function = nullptr;
  check(driver().ModuleGetFunction(&function, module, name), "finding an engine kernel");
  return function;
}

}  // namespace

KernelModule::KernelModule(std::shared_ptr<const PrimaryContext> context) : context_(std::move(context)) {
  const ContextScope scope(*context_);
  try {
    load();
  } catch (...) {
    unload();
    throw;
  }
}

void KernelModule::load() {
  check(driver().ModuleLoadData(&module_, clear_native_kernels_fatbin), "loading the engine's kernels");
  odometer = function_of(module_, "clear_odometer");
  empty = function_of(module_, "clear_empty");
  spin = function_of(module_, "clear_spin");
  checksum = function_of(module_, "clear_checksum");
  if (driver().GraphConditionalHandleCreate == nullptr || driver().GraphAddNode == nullptr) return;
  check(driver().ModuleLoadData(&while_module_, clear_native_while_kernels_fatbin), "loading the loop's kernels");
  reset_turns = function_of(while_module_, "clear_reset_turns");
  while_condition = function_of(while_module_, "clear_while_condition");
}

void KernelModule::unload() noexcept {
  if (while_module_ != nullptr) driver().ModuleUnload(while_module_);
  if (module_ != nullptr) driver().ModuleUnload(module_);
}

KernelModule::~KernelModule() {
  // Where the context is already gone, its modules are too.
  if (driver().CtxPushCurrent(context_->handle()) != CUDA_SUCCESS) return;
  unload();
  CUcontext popped = nullptr;
  driver().CtxPopCurrent(&popped);
}

std::shared_ptr<const KernelModule> KernelModule::of(const std::shared_ptr<const PrimaryContext>& context) {
  static std::mutex mutex;
  static std::map<CUcontext, std::weak_ptr<const KernelModule>> loaded;
  const std::lock_guard lock(mutex);
  std::weak_ptr<const KernelModule>& known = loaded[context->handle()];
  std::shared_ptr<const KernelModule> module = known.lock();
  if (module == nullptr) {
    module.reset(new KernelModule(context));
    known = module;
  }
  return module;
}

}  // namespace clear_native::cuda
