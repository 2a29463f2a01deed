#include "units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace clear_native::report {
namespace {

struct Prefix {
  double factor;
  const char* sign;
};
constexpr std::array prefixes = {Prefix{1e12, "T"}, Prefix{1e9, "G"},  Prefix{1e6, "M"},
                                 Prefix{1e3, "k"},  Prefix{1.0, ""},   Prefix{1e-3, "m"},
                                 Prefix{1e-6, "µ"}, Prefix{1e-9, "n"}, Prefix{1e-12, "p"}};
constexpr double largest_factor = 1e12;
constexpr int most_decimals = 4;

Prefix prefix_of(double value) {
  const double size = std::abs(value);
  if (size == 0) return {1.0, ""};
  const auto* found =
      std::find_if(prefixes.begin(), prefixes.end(), [size](const Prefix& prefix) { return size >= prefix.factor; });
  return found == prefixes.end() ? prefixes.back() : *found;
}

int magnitude(double value) {
  return value == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value))));
}

/// Decimals that show two digits of the half-width.
int decimals_of(double half_width) {
  return half_width == 0 ? 1 : std::min(most_decimals, std::max(0, 1 - magnitude(half_width)));
}

std::string fixed(double value, int decimals) {
  const int length = std::snprintf(nullptr, 0, "%.*f", decimals, value);
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  text.pop_back();
  return text;
}

bool is_number(const std::optional<double>& value) {
  return value && std::isfinite(*value);
}

}  // namespace

std::string formatted(const char* format, double value) {
  const int length = std::snprintf(nullptr, 0, format, value);
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  std::snprintf(text.data(), text.size(), format, value);
  text.pop_back();
  return text;
}

std::string prefixed(std::optional<double> value, const std::string& unit, int digits) {
  if (!is_number(value)) return absent;
  const Prefix prefix = prefix_of(*value);
  const double scaled = *value / prefix.factor;
  const int decimals = std::max(0, digits - 1 - magnitude(scaled));
  // 999.9 m rounds to 1000 m: that is 1.00.
  if (std::strtod(fixed(std::abs(scaled), decimals).c_str(), nullptr) >= 1000 && prefix.factor < largest_factor) {
    return prefixed(std::copysign(1000 * prefix.factor, *value), unit, digits);
  }
  return fixed(scaled, decimals) + " " + prefix.sign + unit;
}

std::string with_interval(std::optional<double> value, std::optional<double> half_width, const std::string& unit) {
  if (!is_number(value)) return absent;
  if (!is_number(half_width) || *half_width < 0) return prefixed(value, unit) + " ± ?";
  const Prefix prefix = prefix_of(std::max(std::abs(*value), *half_width));
  const int decimals = decimals_of(*half_width / prefix.factor);
  return fixed(*value / prefix.factor, decimals) + " ± " + fixed(*half_width / prefix.factor, decimals) + " " +
         prefix.sign + unit;
}

std::string percent(std::optional<double> ratio, std::optional<double> half_width) {
  if (!is_number(ratio)) return absent;
  if (!is_number(half_width)) return fixed(100 * *ratio, 1) + " %";
  const int decimals = decimals_of(100 * *half_width);
  return fixed(100 * *ratio, decimals) + " ± " + fixed(100 * *half_width, decimals) + " %";
}

}  // namespace clear_native::report
