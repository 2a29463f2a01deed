#pragma once
// The order of targets in every round, from a recorded seed: the same on every platform and standard library.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace clear_native {

/// splitmix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// Uniform in [0, bound), without bias; `bound` is at least 1.
  std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

/// A random order of 0 .. count-1 (Fisher and Yates). Depends on seed and round alone, so that one round can be made
/// again.
std::vector<std::size_t> round_order(std::uint64_t seed, int round, std::size_t count);

}  // namespace clear_native
