#pragma once
// The memory that the operators of a captured forward make.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bundle/graph_capturer.hpp"
#include "operator_call.hpp"

namespace clear_native::torch_runner {

/// On a GPU; absent: no tensor, elsewhere, or empty.
std::optional<bundle::DeviceRange> memory_of(const c10::IValue& value);

class CapturedMemory {
 public:
  /// After an operator has run: how many pieces of memory it made. What neither its operands had nor is known is new:
  /// an operator may also hand out memory that it keeps.
  std::size_t note(const OperatorCall::Operands& operands, bool is_scratch);

  /// Why memory cannot be shared: a value that stays lies in scratch, since it is a view here and was none before the
  /// capture. Empty: none does.
  [[nodiscard]] std::string stray_of(const std::vector<c10::IValue>& values) const;

  [[nodiscard]] const std::vector<bundle::DeviceRange>& kept() const { return kept_; }
  [[nodiscard]] const std::vector<bundle::DeviceRange>& scratch() const { return scratch_; }

 private:
  std::vector<bundle::DeviceRange> kept_;
  std::vector<bundle::DeviceRange> scratch_;
  std::set<std::uintptr_t> known_;  // addresses of kept_
};

}  // namespace clear_native::torch_runner
