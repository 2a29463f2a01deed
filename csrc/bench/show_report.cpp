#include "show_report.hpp"

#include <iostream>

#include "exit_codes.hpp"
#include "files.hpp"
#include "report/csv.hpp"
#include "report/from_json.hpp"
#include "report/table.hpp"

namespace clear_native::bench {

int show_report(const ReportOptions& options) {
  if (!options.csv.empty()) check_can_be_written("--csv", options.csv);
  const report::Report found = report::report_from_json(text_of_file(options.file), options.file);
  std::cout << report::table_of(found) << '\n';
  if (options.csv.empty()) return done;
  write_file(options.csv, report::csv_of(found));
  std::cout << "written to " << options.csv << '\n';
  return done;
}

}  // namespace clear_native::bench
