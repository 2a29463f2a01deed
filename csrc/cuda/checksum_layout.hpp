#pragma once
// What the host and the checksum kernel share.

#include <cstdint>

namespace clear_native::cuda {

struct ChecksumRange {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};

/// Blocks that share one range; each writes a number of its own, so that no atomics on host memory are needed.
inline constexpr unsigned kChecksumBlocks = 32;
inline constexpr unsigned kChecksumThreads = 256;

}  // namespace clear_native::cuda
