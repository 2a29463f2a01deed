#pragma once
// Random bits from a number.

#include <cstdint>

namespace clear_native::cuda {

/// Finalizer of splitmix64 (Steele, Lea, Flood 2014): every bit in changes about half of the bits out.
__device__ inline std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace clear_native::cuda
