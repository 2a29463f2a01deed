#pragma once
// Report files read strictly: every value that is shown is of the type that the schema says, or the file is refused
// with the place.

#include <string>

#include "record.hpp"

namespace clear_native::report {

/// `text`: what a file holds; `named`: the file, for messages. What follows from the rest (uncertainty, diagnoses,
/// groups, roofline) is not read, and the raw windows are only looked at.
/// Throws Error(bad_input) for what is no report of schema version 1.
Report report_from_json(const std::string& text, const std::string& named);

/// Only what was run, as it stands in reports and in the manifest of a bundle. Throws Error(bad_input).
Workload workload_from_json(const std::string& text, const std::string& named);

}  // namespace clear_native::report
