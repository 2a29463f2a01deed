#include "units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

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

/// Not finite where it is absent.
double number(const std::optional<double>& value) {
  return value.value_or(std::numeric_limits<double>::quiet_NaN());
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
  const double shown = number(value);
  if (!std::isfinite(shown)) return absent;
  const Prefix prefix = prefix_of(shown);
  const double scaled = shown / prefix.factor;
  const int decimals = std::max(0, digits - 1 - magnitude(scaled));
  // 999.9 m rounds to 1000 m: that is 1.00.
  if (std::strtod(fixed(std::abs(scaled), decimals).c_str(), nullptr) >= 1000 && prefix.factor < largest_factor) {
    return prefixed(std::copysign(1000 * prefix.factor, shown), unit, digits);
  }
  return fixed(scaled, decimals) + " " + prefix.sign + unit;
}

std::string with_interval(std::optional<double> value, std::optional<double> half_width, const std::string& unit) {
  const double shown = number(value);
  const double half = number(half_width);
  if (!std::isfinite(shown)) return absent;
  if (!std::isfinite(half) || half < 0) return prefixed(value, unit) + " ± ?";
  const Prefix prefix = prefix_of(std::max(std::abs(shown), half));
  const int decimals = decimals_of(half / prefix.factor);
  return fixed(shown / prefix.factor, decimals) + " ± " + fixed(half / prefix.factor, decimals) + " " + prefix.sign +
         unit;
}

std::string percent(std::optional<double> ratio, std::optional<double> half_width) {
  const double shown = number(ratio);
  const double half = number(half_width);
  if (!std::isfinite(shown)) return absent;
  if (!std::isfinite(half)) return fixed(100 * shown, 1) + " %";
  const int decimals = decimals_of(100 * half);
  return fixed(100 * shown, decimals) + " ± " + fixed(100 * half, decimals) + " %";
}

}  // namespace clear_native::report
