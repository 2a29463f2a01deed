#include "delivery.hpp"

#include <iostream>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "files.hpp"
#include "report/csv.hpp"
#include "report/table.hpp"
#include "report/to_json.hpp"

namespace clear_native::bench {

bool deliver(const report::Report& report, const Delivery& where) {
  std::vector<std::string> written;
  std::vector<std::string> problems;
  const auto write = [&](const std::string& path, std::string (*text_of)(const report::Report&)) {
    if (path.empty()) return;
    try {
      write_file(path, text_of(report));
      written.push_back(path);
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
  };
  write(where.json, report::to_json);
  write(where.csv, report::csv_of);
  if (!where.quiet || !problems.empty()) std::cout << report::table_of(report) << '\n';
  for (const std::string& problem : problems) std::cerr << "clear-bench: " << problem << '\n';
  if (!where.quiet) {
    for (const std::string& path : written) std::cout << "written to " << path << '\n';
  }
  return problems.empty();
}

}  // namespace clear_native::bench
