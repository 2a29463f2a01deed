#include "unwrapped_counter.hpp"

namespace clear_native {

UnwrappedCounter::Seen UnwrappedCounter::feed(std::uint64_t value, double plausible) {
  const std::optional<std::uint64_t> before = last_;
  last_ = value;
  if (!before) return Seen::grew;
  if (value >= *before) {
    if (static_cast<double>(value - *before) > plausible) return Seen::jumped;
    grown_ += value - *before;
    return Seen::grew;
  }
  for (const std::uint64_t modulus : moduli_) {
    if (modulus != 0 && *before >= modulus) continue;
    const std::uint64_t growth = modulus - *before + value;  // modulo 2^64, which is what a modulus of 0 stands for
    if (static_cast<double>(growth) > plausible) continue;
    grown_ += growth;
    return Seen::wrapped;
  }
  return Seen::went_back;
}

}  // namespace clear_native
