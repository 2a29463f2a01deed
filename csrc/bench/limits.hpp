#pragma once
// The most that the device can do, for the roofline of a report.

#include "report/from_rounds.hpp"

namespace clear_native::bench {

/// Sets the limits by the environment and the weights that the facts tell: of the file that
/// CLEAR_NATIVE_DEVICE_LIMITS names, else of the data sheet. A file that is none costs the roofline, and is warned of.
void add_limits(report::ReportFacts& facts);

}  // namespace clear_native::bench
