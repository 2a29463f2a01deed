#pragma once
// Results of the core as the bindings give them to Python (csrc/bindings/records.cpp), as JSON.

#include <nlohmann/json_fwd.hpp>

#include "report_cases.hpp"

namespace clear_native::testing {

/// {"result", "facts"}: arguments of clear_native.report.from_rounds.report_from_rounds, None as null.
nlohmann::ordered_json raw_json(const ReportCase& made);

}  // namespace clear_native::testing
