#include "columns.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "wrapped_text.hpp"

namespace clear_native::report {
namespace {

constexpr std::size_t column_gap = 2;  // between columns

std::vector<std::size_t> widths_of(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  return widths;
}

}  // namespace

void append_rows(const std::vector<Cells>& rows, bool right, Cells& lines) {
  const std::vector<std::size_t> widths = widths_of(rows);
  for (const Cells& row : rows) {
    std::string line = row.front() + padding(widths.front(), row.front());
    for (std::size_t i = 1; i < row.size(); ++i) {
      line.append(column_gap, ' ');
      line += right ? padding(widths[i], row[i]) + row[i] : row[i] + padding(widths[i], row[i]);
    }
    lines.push_back(right_stripped(std::move(line)));
  }
}

}  // namespace clear_native::report
