#pragma once
// What was run, and where, as JSON has it.

#include "json_reader.hpp"
#include "record.hpp"

namespace clear_native::report {

/// Without what is nested: that is not shown.
Facts facts_of(const JsonReader& from);

/// Without replays: those are of one measurement.
Workload workload_of(const JsonReader& from);

}  // namespace clear_native::report
