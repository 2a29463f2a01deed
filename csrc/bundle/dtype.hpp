#pragma once
// Types of tensor elements, by the names that torch and safetensors have for them.

#include <cstddef>
#include <optional>
#include <string_view>

namespace clear_native::bundle {

enum class DType {
  boolean,
  uint8,
  int8,
  uint16,
  int16,
  uint32,
  int32,
  uint64,
  int64,
  float16,
  bfloat16,
  float32,
  float64,
  float8_e4m3fn,
  float8_e5m2,
  complex64,
  complex128,
};

/// "float16" as in torch.float16; absent: none that a plan may name.
std::optional<DType> dtype_of_torch_name(std::string_view name);
/// "F16"; absent: none that a tensor of a bundle may have.
std::optional<DType> dtype_of_safetensors_name(std::string_view name);

std::string_view torch_name(DType dtype);
std::size_t element_bytes(DType dtype);

}  // namespace clear_native::bundle
