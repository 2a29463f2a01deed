// Reports of simulated measurements: whole in JSON, readable again, and refused where a file is damaged.

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "report/csv.hpp"
#include "report/from_json.hpp"
#include "report/table.hpp"
#include "report/to_json.hpp"
#include "report_cases.hpp"
#include "thrown.hpp"

namespace clear_native::testing {
namespace {

using report::Report;

const std::vector<ReportCase>& cases() {
  static const std::vector<ReportCase> made = report_cases();
  return made;
}

/// One that is small, for what is done to every byte of it.
std::string small_file() {
  ReportCase made = cases().front();
  made.rounds.windows.resize(1);
  made.rounds.windows.front().odometer.resize(1);
  return report::to_json(made.report());
}

TEST(Report, WrittenAndReadShowsTheSame) {
  for (const ReportCase& made : cases()) {
    const Report found = made.report();
    const Report read = report::report_from_json(report::to_json(found), made.name);
    EXPECT_EQ(report::table_of(read), report::table_of(found)) << made.name;
    EXPECT_EQ(report::csv_of(read), report::csv_of(found)) << made.name;
    EXPECT_EQ(report::to_json(found).find("null"), std::string::npos) << made.name << ": unknown is absent";
  }
}

TEST(Report, CasesAreWhatTheyAreCalled) {
  const auto has = [](const std::string& name, const std::string& text) {
    for (const ReportCase& made : cases()) {
      if (made.name == name) return report::table_of(made.report()).find(text) != std::string::npos;
    }
    return false;
  };
  EXPECT_TRUE(has("partition", "sum of encoder"));
  EXPECT_TRUE(has("partition", "bound by memory: encoder.attention, encoder.mlp, norm"));
  EXPECT_TRUE(has("partition", "beside it the cpu by rapl (package-0, package-0/dram): model"));
  EXPECT_TRUE(has("partition", "measured_alone"));
  EXPECT_TRUE(has("not_closed", "contended"));
  EXPECT_TRUE(has("not_closed", "the power cap held the clocks in"));
  EXPECT_TRUE(has("not_closed", "other clocks than the model's"));
  EXPECT_TRUE(has("weighing", "of the calls dosed over"));
  EXPECT_TRUE(has("interrupted", "! Interrupted after"));
  EXPECT_TRUE(has("failed", "! Ended early:"));
  EXPECT_TRUE(has("estimated", "ESTIMATED energies (time × 20.0 W, no sensor)"));
  EXPECT_TRUE(has("too_short", "! Stopped at the"));
  EXPECT_TRUE(has("too_short", "capture_below_90_percent"));
}

TEST(Report, NumbersThatAreNotFiniteAreLeftOut) {
  Report found = cases().front().report();
  const double none = std::numeric_limits<double>::quiet_NaN();
  found.full_model.energy_j = none;
  found.idle_power_w = std::numeric_limits<double>::infinity();
  const Report read = report::report_from_json(report::to_json(found), "report");
  EXPECT_FALSE(read.full_model.energy_j);
  EXPECT_FALSE(read.idle_power_w);
  found.windows.front().ticks = {{.time_s = none, .energy_j = 1, .passes = 1}};
  EXPECT_EQ(thrown_by([&] { report::to_json(found); }).kind, ErrorKind::bad_input);
}

TEST(Report, NamesThatAreNoTextAreWrittenAllTheSame) {
  Report found = cases().front().report();
  found.model = "bytes \xff\xfe that are no text";
  EXPECT_NE(report::report_from_json(report::to_json(found), "report").model.find("that are no text"),
            std::string::npos);
}

TEST(ReportFile, CutAnywhereIsRefused) {
  const std::string text = small_file();
  const std::size_t end = text.rfind('}');
  for (std::size_t length = 0; length <= end; length += 1 + length / 50) {
    EXPECT_EQ(thrown_by([&] { report::report_from_json(text.substr(0, length), "cut"); }).kind, ErrorKind::bad_input)
        << length;
  }
}

TEST(ReportFile, ChangedBytesAreReadOrRefused) {
  const std::string text = small_file();
  std::mt19937 random(7);
  std::uniform_int_distribution<std::size_t> place(0, text.size() - 1);
  std::uniform_int_distribution<int> byte(0, 255);
  const std::string likely = "0123456789-eE.\"[]{},:nul";
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    std::string changed = text;
    for (int j = 0; j <= i % 3; ++j) {
      changed[place(random)] =
          i % 2 == 0 ? likely[static_cast<std::size_t>(byte(random)) % likely.size()] : static_cast<char>(byte(random));
    }
    const Thrown thrown = thrown_by([&] { report::table_of(report::report_from_json(changed, "changed")); });
    if (!thrown.kind) continue;
    EXPECT_EQ(thrown.kind, ErrorKind::bad_input);
    ++refused;
  }
  EXPECT_GT(refused, 50);
}

}  // namespace
}  // namespace clear_native::testing
