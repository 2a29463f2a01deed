#pragma once
// A bundle: a folder that holds a model as a plan, with its weights, inputs and reference outputs. docs/bundles.md.
// Nothing in it is run when it is read.

#include <filesystem>
#include <functional>

#include "manifest.hpp"
#include "plan.hpp"
#include "safetensors.hpp"

namespace clear_native::bundle {

class Bundle {
 public:
  /// Verifies size and SHA-256 of every file, and that plan, tensors and manifest fit together. Throws Error(bad_input)
  /// that names file and place. Files are hashed by threads of their own, while this one does what `meanwhile` says:
  /// it gets the manifest, and nothing of the files before all are found to be those that were exported.
  static Bundle open(const std::filesystem::path& folder, const std::function<void(const Manifest&)>& meanwhile = {});

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] const Plan& plan() const { return plan_; }

  /// The tensor of a value that is given: of `plan().inputs`, of `plan().constants`; and of an output as the model gave
  /// it.
  [[nodiscard]] const TensorView& input(const GivenValue& given) const { return *inputs_.find(given.tensor); }
  [[nodiscard]] const TensorView& constant(const GivenValue& given) const { return *weights_.find(given.tensor); }
  [[nodiscard]] const TensorView& reference(const PlanOutput& output) const { return *reference_.find(output.tensor); }

 private:
  Bundle(std::filesystem::path folder, Manifest manifest, Plan plan, Safetensors weights, Safetensors inputs,
         Safetensors reference);

  std::filesystem::path folder_;
  Manifest manifest_;
  Plan plan_;
  Safetensors weights_;
  Safetensors inputs_;
  Safetensors reference_;
};

}  // namespace clear_native::bundle
