#include "table_columns.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "units.hpp"
#include "wrapped_text.hpp"

namespace clear_native::report {
namespace {

constexpr std::size_t most_bar_cells = 8;
constexpr std::size_t most_gap = 2;
constexpr double eighths_per_cell = 8;
constexpr std::array last_blocks = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

enum class Column { energy, share, bar, time, power, flops, pj_per_flop, bytes };
constexpr std::array all_columns = {Column::energy, Column::share, Column::bar,         Column::time,
                                    Column::power,  Column::flops, Column::pj_per_flop, Column::bytes};
constexpr std::array give_way = {Column::bar, Column::bytes, Column::power, Column::flops, Column::pj_per_flop};

/// The columns after the name, `gap` apart, with bars of `bar_cells` for the whole model.
struct Layout {
  std::vector<Column> columns;
  std::size_t gap = most_gap;
  std::size_t bar_cells = most_bar_cells;
};

std::string cell(const Row& row, Column column, std::size_t bar_cells) {
  switch (column) {
    case Column::energy:
      return row.energy;
    case Column::share:
      return row.share_text;
    case Column::bar:
      return bar(row.share, bar_cells);
    case Column::time:
      return row.time;
    case Column::power:
      return row.power;
    case Column::flops:
      return row.flops;
    case Column::pj_per_flop:
      return row.pj_per_flop;
    case Column::bytes:
      return row.bytes;
  }
  return {};
}

/// Of the name, then of the columns.
std::vector<std::size_t> widths_of(const std::vector<Row>& rows, const Layout& layout) {
  std::vector<std::size_t> widths(1 + layout.columns.size());
  for (const Row& row : rows) {
    widths[0] = std::max(widths[0], columns_of(row.name));
    for (std::size_t i = 0; i < layout.columns.size(); ++i) {
      widths[i + 1] = std::max(widths[i + 1], columns_of(cell(row, layout.columns[i], layout.bar_cells)));
    }
  }
  return widths;
}

bool fits(const std::vector<Row>& rows, const Layout& layout, std::size_t width) {
  const std::vector<std::size_t> widths = widths_of(rows, layout);
  return std::accumulate(widths.begin(), widths.end(), layout.gap * layout.columns.size()) <= width;
}

/// Bars and bytes are there where some row has a value, the others always.
std::vector<Column> known_columns(const std::vector<Row>& rows) {
  std::vector<Column> known;
  for (const Column column : all_columns) {
    const bool is_known = std::any_of(rows.begin() + 1, rows.end(), [column](const Row& row) {
      const std::string text = cell(row, column, most_bar_cells);
      return !text.empty() && text != absent;
    });
    if (is_known || (column != Column::bar && column != Column::bytes)) known.push_back(column);
  }
  return known;
}

/// The first that fits, or the narrowest there is.
Layout layout_of(const std::vector<Row>& rows, std::size_t width) {
  Layout layout{.columns = known_columns(rows)};
  if (fits(rows, layout, width)) return layout;
  layout.bar_cells = most_bar_cells / 2;
  if (fits(rows, layout, width)) return layout;
  layout.gap = 1;
  for (const Column leaving : give_way) {
    if (fits(rows, layout, width)) return layout;
    std::erase(layout.columns, leaving);
  }
  return layout;
}

/// What follows the name.
std::string rest_of(const Row& row, const Layout& layout, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    const std::string text = cell(row, layout.columns[i], layout.bar_cells);
    const std::string space = padding(widths[i + 1], text);
    line.append(layout.gap, ' ');
    line += layout.columns[i] == Column::bar ? text + space : space + text;
  }
  return line;
}

}  // namespace

std::string bar(const std::optional<double>& share, std::size_t cells) {
  if (!share || !std::isfinite(*share)) return {};
  const double filled = eighths_per_cell * static_cast<double>(cells) * std::min(1.0, std::max(0.0, *share));
  const auto eighths = static_cast<std::size_t>(std::floor(filled + 0.5));
  std::string text;
  for (std::size_t i = 0; i < eighths / last_blocks.size(); ++i) text += "█";
  return text + last_blocks.at(eighths % last_blocks.size());
}

std::vector<std::string> lines_of(const std::vector<Row>& rows, std::size_t width) {
  const Layout layout = layout_of(rows, width);
  std::vector<std::size_t> widths = widths_of(rows, layout);
  // The name takes what the others leave.
  const std::size_t others = std::accumulate(widths.begin() + 1, widths.end(), layout.gap * layout.columns.size());
  widths[0] = std::min(widths[0], others < width ? width - others : 1);
  std::vector<std::string> lines;
  for (const Row& row : rows) {
    const std::vector<std::string> names = wrapped(row.name, widths[0]);
    // Where the name takes several lines, the header's cells stand at the last of them, those of others at the first.
    const std::size_t filled = &row == rows.data() ? names.size() - 1 : 0;
    for (std::size_t line = 0; line < names.size(); ++line) {
      std::string text = names[line];
      if (line == filled) text += padding(widths[0], text) + rest_of(row, layout, widths);
      lines.push_back(right_stripped(std::move(text)));
    }
  }
  return lines;
}

}  // namespace clear_native::report
