#include "captured_memory.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "torch_values.hpp"

namespace clear_native::torch_runner {

using bundle::DeviceRange;
using c10::IValue;

std::optional<DeviceRange> memory_of(const IValue& value) {
  const c10::StorageImpl* storage = storage_of(value);
  if (storage == nullptr || storage->nbytes() == 0 || !storage->device().is_cuda()) return std::nullopt;
  return DeviceRange{reinterpret_cast<std::uintptr_t>(storage->data()), storage->nbytes()};
}

std::size_t CapturedMemory::note(const OperatorCall::Operands& operands, bool is_scratch) {
  std::set<std::uintptr_t> had;
  for (const IValue* value : operands.read) {
    if (const auto memory = memory_of(*value)) had.insert(memory->address);
  }
  std::size_t made = 0;
  for (const IValue* value : operands.given) {
    const auto memory = value != nullptr ? memory_of(*value) : std::nullopt;
    if (!memory || known_.contains(memory->address) || !had.insert(memory->address).second) continue;
    if (!is_scratch) known_.insert(memory->address);
    (is_scratch ? scratch_ : kept_).push_back(*memory);
    ++made;
  }
  return made;
}

std::string CapturedMemory::stray_of(const std::vector<IValue>& values) const {
  std::map<std::uintptr_t, std::size_t> bytes_at;
  for (const DeviceRange& range : scratch_) {
    bytes_at[range.address] = std::max(bytes_at[range.address], range.bytes);
  }
  for (std::size_t id = 0; id < values.size(); ++id) {
    const auto memory = memory_of(values[id]);
    const auto after = memory ? bytes_at.upper_bound(memory->address) : bytes_at.begin();
    if (!memory || after == bytes_at.begin()) continue;
    const auto& [begin, bytes] = *std::prev(after);
    if (memory->address < begin + bytes) {
      return "value " + std::to_string(id) + " of the plan crosses components but lies in memory that they share";
    }
  }
  return {};
}

}  // namespace clear_native::torch_runner
