#pragma once
// A report as a table for a terminal, the same text as clear_native/report/table.py gives, without colours. An
// estimate, or random weights, cannot be overlooked.

#include <cstddef>
#include <string>

#include "record.hpp"

namespace clear_native::report {

inline constexpr std::size_t table_width = 100;

/// Lines of at most `width` columns, without a newline at the end.
std::string table_of(const Report& report, std::size_t width = table_width);

}  // namespace clear_native::report
