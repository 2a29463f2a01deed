#pragma once
// Streams and graphs come from Python as integers.

#include <bit>
#include <cstdint>

namespace clear_native::cuda {

template <typename Handle>
Handle handle_from(std::uintptr_t number) {
  return std::bit_cast<Handle>(number);
}

template <typename Handle>
std::uintptr_t number_of(Handle handle) {
  return std::bit_cast<std::uintptr_t>(handle);
}

}  // namespace clear_native::cuda
