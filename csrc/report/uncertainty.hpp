#pragma once
// The uncertainty budget of a report, as clear_native/report/uncertainty.py makes it: every source of doubt about its
// joules, with its size where that is known.

#include <optional>
#include <string>
#include <vector>

#include "record.hpp"

namespace clear_native::report {

struct Uncertainty {
  std::string source;
  std::optional<double> relative;  // of the model's energy; absent: nobody can say
  bool in_interval = false;        // whether the intervals hold it
  std::string note;
};

/// Those in the intervals first. Of a report with its windows.
std::vector<Uncertainty> budget_of(const Report& report);

}  // namespace clear_native::report
