#pragma once
// A bundle's plan run by libtorch: its values, and its passes.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bundle/bundle.hpp"
#include "bundle/graph_capturer.hpp"
#include "operator_call.hpp"
#include "torch_values.hpp"

namespace clear_native::torch_runner {

/// A node that is to run: where the values stand that it reads and gives.
struct Step {
  const OperatorCall* call = nullptr;
  std::size_t node = 0;
  OperatorCall::Operands operands = {};
  // afterwards. NOLINTNEXTLINE(readability-redundant-member-init): GCC wants it
  std::vector<c10::IValue*> freed = {};
};

class TorchRunner final : public bundle::NodeRunner {
 public:
  TorchRunner(const bundle::Bundle& bundle, c10::Device device, int threads);

  [[nodiscard]] bundle::RunnerDevice device() const override;
  void synchronize() override;
  std::unique_ptr<bundle::Routine> prepare(const bundle::Pass& pass) override;
  [[nodiscard]] bundle::HostTensor value(std::size_t id) const override;
  [[nodiscard]] std::vector<std::vector<std::size_t>> written_values() const override;
  [[nodiscard]] std::vector<std::optional<std::size_t>> memory_of_values() const override;
  void forget() override;
  bundle::GraphCapturer* graphs() override;

  /// For messages.
  [[nodiscard]] std::string told(std::size_t node) const;

  [[nodiscard]] const bundle::Bundle& bundle() const { return bundle_; }
  [[nodiscard]] c10::Device torch_device() const { return device_; }
  /// What runs is enqueued here; absent on a CPU.
  [[nodiscard]] const std::optional<c10::Stream>& stream() const { return stream_; }
  [[nodiscard]] const OperatorCall& call(std::size_t node) const { return calls_[node]; }
  [[nodiscard]] const std::vector<c10::IValue>& kept() const { return kept_; }

 private:
  [[nodiscard]] std::string module_of(std::size_t node) const;
  void load_values();
  Step kept_step(std::size_t node);
  std::unique_ptr<c10::IValue[]> add_dropped(const bundle::Stretch& stretch, std::vector<Step>& steps);

  const bundle::Bundle& bundle_;
  c10::Device device_;
  std::optional<c10::Stream> stream_;
  std::vector<OperatorCall> calls_;
  std::vector<c10::IValue> kept_;
  std::unique_ptr<bundle::GraphCapturer> capturer_;
};

/// Borrows the runner. nullptr: built without CUDA, or the runner is on a CPU.
std::unique_ptr<bundle::GraphCapturer> make_graph_capturer(const TorchRunner& runner);

}  // namespace clear_native::torch_runner
