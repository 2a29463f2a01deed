#pragma once
// Numbers for people, as clear_native/report/units.py writes them: a prefix that fits, no more digits than warranted.

#include <optional>
#include <string>

namespace clear_native::report {

inline constexpr const char* absent = "–";

/// A number by a format of printf with one conversion for a double.
std::string formatted(const char* format, double value);

/// 0.0831, "J" is "83.1 mJ". What is absent, or not finite, is a dash.
std::string prefixed(std::optional<double> value, const std::string& unit, int digits = 3);

/// 0.0831, 0.0011, "J" is "83.1 ± 1.1 mJ": two digits of the half-width, both in one prefix.
std::string with_interval(std::optional<double> value, std::optional<double> half_width, const std::string& unit);

/// 0.9995, 0.008 is "99.95 ± 0.80 %".
std::string percent(std::optional<double> ratio, std::optional<double> half_width = std::nullopt);

}  // namespace clear_native::report
