#pragma once
// Columns of a report's table, and which of them give way where they do not fit beside each other, as
// clear_native/report/table_columns.py has it: bars get half as long; columns stand one apart instead of two; bars,
// bytes, power, FLOPs and pJ/FLOP go. Names are folded only where even that is not enough. (Python has one more column,
// the dispatch tax of two reports.)

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace clear_native::report {

/// Cells of a row after its name, by their titles in the header. `share` is drawn as a bar.
struct Row {
  std::string name;
  std::string energy;
  std::string share_text;
  std::string time;
  std::string power;
  std::string flops;
  std::string pj_per_flop;
  std::string bytes;
  std::optional<double> share = std::nullopt;
};

/// `share` of 1 is that many full blocks; the last block is one in eighths. Empty where it is not known.
std::string bar(const std::optional<double>& share, std::size_t cells);

/// Lines of at most `width` columns; `rows` begins with the header.
std::vector<std::string> lines_of(const std::vector<Row>& rows, std::size_t width);

}  // namespace clear_native::report
