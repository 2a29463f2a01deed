#pragma once
// What is said of a whole measurement: its statuses and its warnings, as clear_native/report/from_rounds.py and
// closure_reasons.py say them.

#include <string>
#include <vector>

#include "from_rounds.hpp"

namespace clear_native::report {

/// By the facts; a target that they do not name is a component.
TargetRole role_of(const ReportFacts& facts, const std::string& target);

std::vector<std::string> statuses_of(const RoundsResult& result, const ReportFacts& facts);
std::vector<std::string> warnings_of(const RoundsResult& result, const ReportFacts& facts);

}  // namespace clear_native::report
