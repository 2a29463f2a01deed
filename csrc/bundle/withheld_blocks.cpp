#include "withheld_blocks.hpp"

namespace clear_native::bundle {
namespace {

constexpr std::size_t kSmallBytes = std::size_t{1} << 20U;  // the largest request that a small segment serves

}  // namespace

std::vector<std::size_t> withheld_sizes(const std::vector<FreeBlock>& blocks) {
  std::vector<std::size_t> sizes;
  std::vector<std::size_t> rests;
  for (const FreeBlock& block : blocks) {
    const std::size_t pieces = block.in_small_segment ? block.bytes / kSmallBytes : 0;
    const std::size_t rest = block.bytes - pieces * kSmallBytes;
    sizes.insert(sizes.end(), pieces, kSmallBytes);
    if (rest > (block.in_small_segment ? 0 : kSmallBytes)) rests.push_back(rest);
  }
  sizes.insert(sizes.end(), rests.begin(), rests.end());
  return sizes;
}

}  // namespace clear_native::bundle
