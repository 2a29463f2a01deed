#pragma once
// `clear-bench report FILE`: the table of a saved report.

#include <string>

namespace clear_native::bench {

struct ReportOptions {
  std::string file;
  std::string csv;  // empty: none
};

int show_report(const ReportOptions& options);

}  // namespace clear_native::bench
