#pragma once
// The model of a bundle compiled by AOTInductor. It is code: whoever loads it trusts who made the bundle.

#include <memory>
#include <vector>

#include "node_runner.hpp"
#include "plan_engine.hpp"

namespace clear_native::bundle {

inline constexpr const char* kCompiledFile = "compiled.pt2";

/// What runs it; the plug-in with torch has one.
class CompiledModel {
 public:
  virtual ~CompiledModel() = default;

  [[nodiscard]] virtual RunnerDevice device() const = 0;
  /// Runs it on the bundle's inputs, or enqueues that. Throws Error(workload_failed or device_out_of_memory).
  virtual void run() = 0;
  virtual void synchronize() = 0;
  /// Of the last run, in the order of the plan's outputs.
  [[nodiscard]] virtual std::vector<HostTensor> outputs() const = 0;
};

/// Throws Error(bad_input) for a bundle without a compiled model.
void check_compiled(const Bundle& bundle);

/// Loads the plug-in and the code. Throws as check_compiled() and load_bundle() do.
std::unique_ptr<PlanEngine> load_compiled_engine(Bundle bundle, const RunnerOptions& options);

/// The whole model alone can be measured: fused, it has no components.
std::unique_ptr<PlanEngine> make_compiled_engine(std::unique_ptr<Bundle> bundle, std::unique_ptr<CompiledModel> model);

}  // namespace clear_native::bundle
