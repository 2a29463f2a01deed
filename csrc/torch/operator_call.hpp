#pragma once
// One operator of a plan, resolved in torch's dispatcher, with all of its arguments that are no values made once.

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <c10/core/Device.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bundle/plan.hpp"

namespace clear_native::torch_runner {

c10::ScalarType scalar_type(bundle::DType dtype);

class OperatorCall {
 public:
  /// `place` is told in messages; `device`: what the plan means by its CUDA device. Throws Error(bad_input): torch does
  /// not know the operator, arguments that its schema does not take, outputs that it does not give.
  OperatorCall(const bundle::Node& node, const std::string& place, c10::Device device);

  /// Where the values stand that it reads, in the order of bundle::values_read; and where those go that it gives, in
  /// the order of its outputs, lists spelled out, nullptr: dropped.
  struct Operands {
    std::vector<const c10::IValue*> read;
    std::vector<c10::IValue*> given;
  };

  void run(const Operands& operands, torch::jit::Stack& stack) const;

  /// Of the values read, in the order of bundle::values_read: those that it writes to in place.
  [[nodiscard]] const std::vector<bool>& writes() const { return writes_; }

 private:
  /// Where an argument comes from in every call: made once, a value, or a list of values (made anew: its tensors are).
  struct Source {
    enum class Kind { constant, value, list } kind = Kind::constant;
    c10::IValue constant = {};
    c10::TypePtr element_type = nullptr;
    // by element of a list; else it is None. NOLINTNEXTLINE(readability-redundant-member-init): GCC wants it
    std::vector<bool> is_value = {};
  };

  [[nodiscard]] Source source_of(const bundle::Argument& argument, const c10::Argument& schema) const;
  [[nodiscard]] Source list_of(const bundle::AtomList& list, const c10::TypePtr& type) const;
  [[nodiscard]] c10::IValue constant_of(const bundle::Atom& atom, const c10::TypePtr& type) const;
  void check_outputs(const bundle::Node& node);
  void give(const Operands& operands, torch::jit::Stack& stack) const;

  std::string place_;
  c10::Device device_;
  c10::OperatorHandle handle_;
  std::vector<Source> sources_;
  std::vector<bool> writes_;
  std::vector<std::optional<std::size_t>> list_lengths_;  // by output; absent: it is one tensor
};

}  // namespace clear_native::torch_runner
