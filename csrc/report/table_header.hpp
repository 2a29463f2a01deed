#pragma once
// The lines above a report's table: what was measured, how, and whether the method's conditions held.

#include <string>
#include <vector>

#include "record.hpp"

namespace clear_native::report {

/// One text per line, not yet folded.
std::vector<std::string> header_of(const Report& report);

}  // namespace clear_native::report
