// Numbers and lines for people. Whole tables are compared with Python's in tests/test_clear_bench_report.py.

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "report/groups.hpp"
#include "report/statuses.hpp"
#include "report/table_columns.hpp"
#include "report/units.hpp"
#include "report/wrapped_text.hpp"

namespace clear_native::report {
namespace {

TEST(ReportUnits, APrefixThatFits) {
  EXPECT_EQ(prefixed(0.0831, "J"), "83.1 mJ");
  EXPECT_EQ(prefixed(0.9999, "J"), "1.00 J");
  EXPECT_EQ(prefixed(0, "W"), "0.00 W");
  EXPECT_EQ(prefixed(-4.2e-6, "s"), "-4.20 µs");
  EXPECT_EQ(prefixed(std::nullopt, "J"), absent);
  EXPECT_EQ(prefixed(std::numeric_limits<double>::infinity(), "J"), absent);
}

TEST(ReportUnits, TwoDigitsOfTheHalfWidth) {
  EXPECT_EQ(with_interval(0.0831, 0.0011, "J"), "83.1 ± 1.1 mJ");
  EXPECT_EQ(with_interval(0.0831, std::nullopt, "J"), "83.1 mJ ± ?");
  EXPECT_EQ(with_interval(std::nullopt, 1, "J"), absent);
  EXPECT_EQ(percent(0.9995, 0.008), "99.95 ± 0.80 %");
  EXPECT_EQ(percent(0.5), "50.0 %");
  EXPECT_EQ(percent(1, 0), "100.0 ± 0.0 %");
}

TEST(ReportText, BreaksBetweenWordsAndInsideLongOnes) {
  EXPECT_EQ(wrapped("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapped("µµµµµµ ab", 4), (std::vector<std::string>{"µµµµ", "µµ", "ab"}));
  EXPECT_EQ(wrapped("a\nb", 4), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(wrapped("", 4), std::vector<std::string>{""});
  EXPECT_EQ(columns_of("± µ"), 3U);
}

TEST(ReportText, MarksAreSuperscriptsAndThenNumbers) {
  const std::vector<std::string> names = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
  const Marks marks = marks_of(names);
  EXPECT_EQ(marks_in(marks, {"j", "a", "other"}), "(10)¹");
  EXPECT_EQ(meaning_of("power_capped"), "the power cap held the clocks down");
  EXPECT_EQ(meaning_of("nobody_knows"), "nobody_knows");
}

TEST(ReportBars, AreInEighthsOfABlock) {
  EXPECT_EQ(bar(1, 8), "████████");
  EXPECT_EQ(bar(17, 8), bar(1, 8));
  EXPECT_EQ(bar(0.96, 2), "█▉");
  EXPECT_EQ(bar(0.04, 2), "▏");
  EXPECT_EQ(bar(0.03, 2), "");
  EXPECT_EQ(bar(-0.2, 8), "");
  EXPECT_EQ(bar(std::nullopt, 8), "");
  EXPECT_EQ(bar(std::numeric_limits<double>::quiet_NaN(), 8), "");
}

TEST(ReportColumns, GiveWayWhereTheyDoNotFit) {
  const Row header{.name = "component",
                   .energy = "energy",
                   .share_text = "share",
                   .time = "time",
                   .power = "power",
                   .flops = "FLOPs",
                   .pj_per_flop = "pJ/FLOP",
                   .bytes = "bytes"};
  Row row{.name = "norm",
          .energy = "1 J",
          .share_text = "50.0 %",
          .time = "1 s",
          .power = "1 W",
          .flops = absent,
          .pj_per_flop = absent,
          .bytes = absent,
          .share = 0.5};
  EXPECT_EQ(lines_of({header, row}, 100),
            (std::vector<std::string>{"component  energy   share        time  power  FLOPs  pJ/FLOP",
                                      "norm          1 J  50.0 %  ████   1 s    1 W      –        –"}));
  EXPECT_EQ(lines_of({header, row}, 56).at(1), "norm         1 J 50.0 % ██  1 s   1 W     –       –");
  row.bytes = "1 kB";
  EXPECT_EQ(lines_of({header, row}, 43).at(0), "component energy  share time FLOPs pJ/FLOP");
  EXPECT_EQ(lines_of({header, row}, 26).at(2), "norm       1 J 50.0 %  1 s");
}

TEST(ReportGroups, ASumThatLacksAPartIsAbsent) {
  std::vector<ComponentResult> parts(3);
  parts[0].name = "encoder.attention";
  parts[1].name = "head";
  parts[2].name = "encoder.mlp";
  parts[0].energy_j = 1;
  parts[2].energy_j = 2;
  parts[0].flops = 5;
  const std::vector<Group> groups = groups_of(parts);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].name, "encoder");
  EXPECT_EQ(groups[0].components, (std::vector<std::string>{"encoder.attention", "encoder.mlp"}));
  EXPECT_EQ(groups[0].energy_j, 3);
  EXPECT_FALSE(groups[0].flops);
}

}  // namespace
}  // namespace clear_native::report
