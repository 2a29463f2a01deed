#include "dtype.hpp"

#include <algorithm>
#include <array>

namespace clear_native::bundle {
namespace {

struct Names {
  DType dtype;
  std::string_view torch;
  std::string_view safetensors;  // empty: the format has none
  std::size_t bytes;
};

constexpr std::array<Names, 17> kNames{{
    {DType::boolean, "bool", "BOOL", 1},
    {DType::uint8, "uint8", "U8", 1},
    {DType::int8, "int8", "I8", 1},
    {DType::uint16, "uint16", "U16", 2},
    {DType::int16, "int16", "I16", 2},
    {DType::uint32, "uint32", "U32", 4},
    {DType::int32, "int32", "I32", 4},
    {DType::uint64, "uint64", "U64", 8},
    {DType::int64, "int64", "I64", 8},
    {DType::float16, "float16", "F16", 2},
    {DType::bfloat16, "bfloat16", "BF16", 2},
    {DType::float32, "float32", "F32", 4},
    {DType::float64, "float64", "F64", 8},
    {DType::float8_e4m3fn, "float8_e4m3fn", "F8_E4M3", 1},
    {DType::float8_e5m2, "float8_e5m2", "F8_E5M2", 1},
    {DType::complex64, "complex64", "C64", 8},
    {DType::complex128, "complex128", "", 16},
}};

std::optional<DType> find(std::string_view Names::* column, std::string_view name) {
  if (name.empty()) return std::nullopt;
  const auto* found = std::ranges::find(kNames, name, column);
  return found == kNames.end() ? std::nullopt : std::optional(found->dtype);
}

const Names& names(DType dtype) {
  return *std::ranges::find(kNames, dtype, &Names::dtype);
}

}  // namespace

std::optional<DType> dtype_of_torch_name(std::string_view name) {
  return find(&Names::torch, name);
}
std::optional<DType> dtype_of_safetensors_name(std::string_view name) {
  return find(&Names::safetensors, name);
}
std::string_view torch_name(DType dtype) {
  return names(dtype).torch;
}
std::size_t element_bytes(DType dtype) {
  return names(dtype).bytes;
}

}  // namespace clear_native::bundle
