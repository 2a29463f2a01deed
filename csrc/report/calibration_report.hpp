#pragma once
// What `clear-bench calibrate` found of a device: the table, and the device file.

#include <optional>
#include <string>

#include "core/calibration/calibration_run.hpp"
#include "record.hpp"

namespace clear_native::report {

struct CalibrationFacts {
  std::string uuid;
  MeterTraits meter;
  Facts environment;  // with the GPU's name
};

/// What the data sheet states for the fastest rate of a kind, in units per second. Absent where none does.
std::optional<double> published_rate(const std::string& kind, const std::string& gpu);

/// The data type of torch that a kind multiplies, "bfloat16"; absent for what does not multiply.
std::optional<std::string> dtype_of_kind(const std::string& kind);

/// Without a newline at the end.
std::string calibration_table(const Calibration& found, const CalibrationFacts& facts);

/// Of the shape clear_native/report/schema/device-1.schema.json: a file of limits with what they were measured by.
std::string calibration_to_json(const Calibration& found, const CalibrationFacts& facts);

}  // namespace clear_native::report
