#pragma once
// The outputs of a run beside those that the model itself gave, bit for bit.

#include <optional>
#include <string>

#include "manifest.hpp"
#include "node_runner.hpp"
#include "safetensors.hpp"

namespace clear_native::bundle {

/// Where and how the two differ first, for people: "at [0, 3, 17]: 0.25, expected 0.5; 12 of 768 elements differ".
/// Absent: they are equal in every bit.
std::optional<std::string> first_difference(const HostTensor& seen, const TensorView& expected);

/// Likewise where they differ by more than atol + rtol * |expected|; what is no real number must be equal in every bit.
std::optional<std::string> first_beyond(const HostTensor& seen, const TensorView& expected, const Tolerance& tolerance);

}  // namespace clear_native::bundle
