#pragma once
// Reports as JSON of the shape clear_native/report/schema/report-1.schema.json. What a report does not know is absent
// there. `kernels` is not written: nobody compares kernels here.

#include <string>

#include "record.hpp"

namespace clear_native::report {

/// Numbers that are not finite are left out, and bytes that are no UTF-8 replaced. Throws Error(bad_input) where such a
/// number stands in a list and so cannot be left out.
std::string to_json(const Report& report);

}  // namespace clear_native::report
