#include "seeds.hpp"

#include <random>

namespace clear_native::bench {

std::uint64_t seed_or_drawn(const std::optional<std::uint64_t>& given) {
  if (given) return *given;
  std::random_device random;
  return std::uniform_int_distribution<std::uint64_t>(0, INT64_MAX)(random);
}

}  // namespace clear_native::bench
