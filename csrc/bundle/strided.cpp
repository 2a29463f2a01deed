#include "strided.hpp"

#include <algorithm>
#include <cstring>

namespace clear_native::bundle {
namespace {

// A slice of a larger tensor leaves room between its elements; this much is taken for what a model really had.
constexpr std::size_t kMostRoom = 64;
constexpr std::size_t kAlwaysGranted = std::size_t{1} << 16U;

}  // namespace

std::optional<std::size_t> spanned_elements(const std::vector<std::int64_t>& shape,
                                            const std::vector<std::int64_t>& strides) {
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    std::size_t reach = 0;
    const bool too_far =
        __builtin_mul_overflow(static_cast<std::size_t>(shape[i] - 1), static_cast<std::size_t>(strides[i]), &reach) ||
        __builtin_add_overflow(last, reach, &last);
    if (too_far) return std::nullopt;
  }
  return last == SIZE_MAX ? std::nullopt : std::optional(last + 1);
}

bool strides_are_reasonable(const TensorView& tensor, const std::vector<std::int64_t>& strides) {
  if (strides.size() != tensor.shape.size()) return false;
  const auto spanned = spanned_elements(tensor.shape, strides);
  const std::size_t own = tensor.bytes.size() / element_bytes(tensor.dtype);
  return spanned && *spanned / kMostRoom <= std::max(own, kAlwaysGranted);
}

std::vector<std::byte> laid_out(const TensorView& tensor, const std::vector<std::int64_t>& strides) {
  const std::size_t width = element_bytes(tensor.dtype);
  std::vector<std::byte> memory(spanned_elements(tensor.shape, strides).value_or(0) * width);
  std::vector<std::int64_t> index(tensor.shape.size(), 0);
  std::size_t to = 0;
  for (std::size_t from = 0; from < tensor.bytes.size(); from += width) {
    std::memcpy(memory.data() + to * width, tensor.bytes.data() + from, width);
    for (std::size_t i = index.size(); i-- > 0;) {  // the next element in row-major order
      to += static_cast<std::size_t>(strides[i]);
      if (++index[i] < tensor.shape[i]) break;
      to -= static_cast<std::size_t>(strides[i]) * static_cast<std::size_t>(tensor.shape[i]);
      index[i] = 0;
    }
  }
  return memory;
}

}  // namespace clear_native::bundle
