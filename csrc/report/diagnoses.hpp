#pragma once
// The failure signatures of the CLEAR paper (arXiv 2510.02810), where a report shows them: the same names, thresholds
// and sentences as clear_native/report/report_signatures.py.

#include <optional>
#include <string>
#include <vector>

#include "record.hpp"

namespace clear_native::report {

struct Diagnosis {
  std::string name;
  std::optional<std::string> component;  // absent: the model
  std::string seen;
  std::string means;
  std::string remedy;
};

std::vector<Diagnosis> diagnoses_of(const Report& report);

}  // namespace clear_native::report
