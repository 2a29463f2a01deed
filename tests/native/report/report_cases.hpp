#pragma once
// Whole measurements on the simulated device, of every kind that a report has to tell apart.

#include <optional>
#include <string>
#include <vector>

#include "report/from_rounds.hpp"

namespace clear_native::testing {

struct ReportCase {
  std::string name;
  RoundsResult rounds;  // of a weighing: not used
  std::optional<WeighingResult> weighing;
  report::ReportFacts facts;

  [[nodiscard]] report::Report report() const;
};

std::vector<ReportCase> report_cases();

}  // namespace clear_native::testing
