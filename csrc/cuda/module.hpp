#pragma once
// The engine's own kernels, loaded into a context.

#include <cuda.h>

#include <memory>

#include "context.hpp"

namespace clear_native::cuda {

/// One per context, loaded at its first use, unloaded with its last user.
class KernelModule {
 public:
  static std::shared_ptr<const KernelModule> of(const std::shared_ptr<const PrimaryContext>& context);

  ~KernelModule();
  KernelModule(const KernelModule&) = delete;
  KernelModule& operator=(const KernelModule&) = delete;

  CUfunction odometer = nullptr;
  CUfunction empty = nullptr;
  CUfunction spin = nullptr;
  CUfunction checksum = nullptr;
  // Null where the driver has no conditional nodes.
  CUfunction reset_turns = nullptr;
  CUfunction while_condition = nullptr;

 private:
  explicit KernelModule(std::shared_ptr<const PrimaryContext> context);
  void load();
  void unload() noexcept;

  std::shared_ptr<const PrimaryContext> context_;
  CUmodule module_ = nullptr;
  CUmodule while_module_ = nullptr;
};

}  // namespace clear_native::cuda
