#pragma once
// A report written to files and printed.

#include <string>

#include "report/record.hpp"

namespace clear_native::bench {

struct Delivery {
  std::string json;  // empty: none
  std::string csv;
  bool quiet = false;
};

/// The files first, since they are what must not be lost. False if one could not be written: why is told on stderr, and
/// the table is all the more printed then.
bool deliver(const report::Report& report, const Delivery& where);

}  // namespace clear_native::bench
