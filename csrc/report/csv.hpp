#pragma once
// Components and models as CSV, with the columns of clear_native/report/rows.py.

#include <string>

#include "record.hpp"

namespace clear_native::report {

/// With a header; SI units, as the column names say; what is absent is an empty cell.
std::string csv_of(const Report& report);

}  // namespace clear_native::report
