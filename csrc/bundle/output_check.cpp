#include "output_check.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

namespace clear_native::bundle {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

std::string index_text(std::size_t element, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t i = shape.size(); i-- > 0;) {
    index[i] = static_cast<std::int64_t>(element % static_cast<std::size_t>(shape[i]));
    element /= static_cast<std::size_t>(shape[i]);
  }
  return shape_text(index);
}

template <class Number>
Number as(const std::byte* bytes) {
  Number number{};
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

std::string decimal(double number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
  return {text.data(), end.ptr};
}

std::string hex(const std::byte* bytes, std::size_t count) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "0x";
  for (std::size_t i = count; i-- > 0;) {
    text += digits[std::to_integer<std::size_t>(bytes[i]) >> 4U];
    text += digits[std::to_integer<std::size_t>(bytes[i]) & 15U];
  }
  return text;
}

/// A number where C++ has the type, else its bits.
std::string value_text(DType dtype, const std::byte* bytes) {
  switch (dtype) {
    case DType::float32:
      return decimal(static_cast<double>(as<float>(bytes)));
    case DType::float64:
      return decimal(as<double>(bytes));
    case DType::bfloat16:
      return decimal(static_cast<double>(std::bit_cast<float>(std::uint32_t{as<std::uint16_t>(bytes)} << 16U)));
    case DType::int64:
      return std::to_string(as<std::int64_t>(bytes));
    case DType::int32:
      return std::to_string(as<std::int32_t>(bytes));
    default:
      return hex(bytes, element_bytes(dtype));
  }
}

double from_half(std::uint16_t bits) {
  const std::uint32_t wide = bits;
  const int exponent = static_cast<int>(wide >> 10U & 31U);
  const double fraction = static_cast<double>(wide & 1023U) / 1024;
  const double sign = (wide >> 15U) != 0 ? -1 : 1;
  if (exponent == 31) return fraction == 0 ? sign * HUGE_VAL : std::nan("");
  return sign * (exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15));
}

/// Absent: not of a real type.
std::optional<double> real_of(DType dtype, const std::byte* bytes) {
  switch (dtype) {
    case DType::float32:
      return static_cast<double>(as<float>(bytes));
    case DType::float64:
      return as<double>(bytes);
    case DType::bfloat16:
      return static_cast<double>(std::bit_cast<float>(std::uint32_t{as<std::uint16_t>(bytes)} << 16U));
    case DType::float16:
      return from_half(as<std::uint16_t>(bytes));
    default:
      return std::nullopt;
  }
}

bool is_within(DType dtype, const std::byte* seen, const std::byte* expected, const Tolerance& tolerance) {
  if (std::memcmp(seen, expected, element_bytes(dtype)) == 0) return true;
  const auto one = real_of(dtype, seen);
  const auto other = real_of(dtype, expected);
  if (!one || !other) return false;
  if (std::isnan(*one) || std::isnan(*other)) return std::isnan(*one) && std::isnan(*other);
  if (std::isinf(*one) || std::isinf(*other)) return *one == *other;
  return std::abs(*one - *other) <= tolerance.atol + tolerance.rtol * std::abs(*other);
}

/// `agree` is asked for every element.
template <class Agree>
std::optional<std::string> first_that(const HostTensor& seen, const TensorView& expected, Agree agree) {
  if (seen.dtype != expected.dtype || seen.shape != expected.shape) {
    return std::string(torch_name(seen.dtype)) + " of shape " + shape_text(seen.shape) + ", expected " +
           std::string(torch_name(expected.dtype)) + " of shape " + shape_text(expected.shape);
  }
  const std::size_t width = element_bytes(seen.dtype);
  const std::size_t count = expected.bytes.size() / width;
  std::size_t different = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (agree(seen.bytes.data() + i * width, expected.bytes.data() + i * width)) continue;
    if (different++ == 0) first = i;
  }
  if (different == 0) return std::nullopt;
  return "at " + index_text(first, seen.shape) + ": " + value_text(seen.dtype, seen.bytes.data() + first * width) +
         ", expected " + value_text(seen.dtype, expected.bytes.data() + first * width) + "; " +
         std::to_string(different) + " of " + std::to_string(count) + " elements differ";
}

}  // namespace

std::optional<std::string> first_difference(const HostTensor& seen, const TensorView& expected) {
  const std::size_t width = element_bytes(seen.dtype);
  return first_that(seen, expected, [width](const std::byte* one, const std::byte* other) {
    return std::memcmp(one, other, width) == 0;
  });
}

std::optional<std::string> first_beyond(const HostTensor& seen, const TensorView& expected,
                                        const Tolerance& tolerance) {
  return first_that(seen, expected, [&](const std::byte* one, const std::byte* other) {
    return is_within(seen.dtype, one, other, tolerance);
  });
}

}  // namespace clear_native::bundle
