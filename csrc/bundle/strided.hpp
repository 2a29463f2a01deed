#pragma once
// Tensors whose elements lie in memory in another order than the file has them.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "safetensors.hpp"

namespace clear_native::bundle {

/// Elements from the first to the last of a tensor with these strides; 0 for an empty one. Absent: beyond what a memory
/// can hold.
std::optional<std::size_t> spanned_elements(const std::vector<std::int64_t>& shape,
                                            const std::vector<std::int64_t>& strides);

/// Whether memory in proportion to the tensor's own bytes is enough for these strides.
bool strides_are_reasonable(const TensorView& tensor, const std::vector<std::int64_t>& strides);

/// The memory of the tensor with these strides, which are reasonable; what lies between its elements is 0.
std::vector<std::byte> laid_out(const TensorView& tensor, const std::vector<std::int64_t>& strides);

}  // namespace clear_native::bundle
