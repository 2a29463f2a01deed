#pragma once
// The most that a device can do, as clear_native/machine/device_limits.py has it: of its data sheet, or measured.

#include <cstdint>
#include <optional>
#include <string>

#include "record.hpp"

namespace clear_native::report {

/// Names the file of measured limits.
inline constexpr const char* device_limits_variable = "CLEAR_NATIVE_DEVICE_LIMITS";

/// Of the device file that clear-bench calibrate writes.
inline constexpr std::int64_t device_schema_version = 1;

/// Dense peaks of the maker's data sheet. Absent for a GPU, or a data type, that is in none.
std::optional<DeviceLimits> published_limits(const std::string& gpu, const std::string& dtype);

/// Of a file of limits with this text. Absent where it is of another device or lacks the data type. Throws
/// Error(bad_input) for a text that is no such file.
std::optional<DeviceLimits> measured_limits(const std::string& text, const std::string& path, const std::string& uuid,
                                            const std::string& dtype);

/// "torch.float16" is "float16". A plan runs with torch's defaults, by which float32 is not multiplied as TF32.
std::optional<std::string> product_dtype(const std::optional<std::string>& weights_dtype);

}  // namespace clear_native::report
