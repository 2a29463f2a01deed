// Writes {name: {"result", "facts", "report", "table", "csv"}} of all report cases to the file that is named:
// tests/test_clear_bench_parity.py makes Python's report of the same results and compares.

#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "raw_json.hpp"
#include "report/csv.hpp"
#include "report/table.hpp"
#include "report/to_json.hpp"

int main(int argc, char** argv) {
  using namespace clear_native;
  if (argc != 2) {
    std::cerr << "one argument is needed: the file to write\n";
    return 2;
  }
  nlohmann::ordered_json all;
  for (const testing::ReportCase& made : testing::report_cases()) {
    const report::Report found = made.report();
    all[made.name] = testing::raw_json(made);
    all[made.name]["report"] = nlohmann::ordered_json::parse(report::to_json(found));
    all[made.name]["table"] = report::table_of(found);
    all[made.name]["csv"] = report::csv_of(found);
  }
  std::ofstream(argv[1]) << all;
  return 0;
}
