#pragma once
// What an energy sensor is and does, as the table and the JSON of `clear-native sensor`.

#include <string>

#include "core/sensor/characterize.hpp"
#include "record.hpp"

namespace clear_native::report {

/// As clear_native/report/sensor_table.py: lines of at most 100 columns, without a newline at the end.
std::string sensor_table(const SensorResult& found, const Facts& environment);

/// Of the shape clear_native/report/schema/sensor-1.schema.json. Numbers that are not finite are left out.
std::string sensor_to_json(const SensorResult& found, const Facts& environment);

}  // namespace clear_native::report
