#pragma once
// Seeds of a run's order.

#include <cstdint>
#include <optional>

namespace clear_native::bench {

/// Drawn where none is given; at most 2**63 - 1, which every reader of JSON takes.
std::uint64_t seed_or_drawn(const std::optional<std::uint64_t>& given);

}  // namespace clear_native::bench
