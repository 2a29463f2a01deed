#pragma once
// Rows of cells as lines of a table.

#include <string>
#include <vector>

namespace clear_native::report {

using Cells = std::vector<std::string>;

/// Appends a line for each row, as wide as its cells need. The first column is to the left; the others to the right
/// where `right`.
void append_rows(const std::vector<Cells>& rows, bool right, Cells& lines);

}  // namespace clear_native::report
