#include "trimmed_squares.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

#include "core/rounds/schedule.hpp"

namespace clear_native {
namespace {

// Random starts, the best of which go on.
constexpr std::size_t few_columns = 9;
constexpr int few_starts = 400;
constexpr int many_starts = 2000;
constexpr int first_steps = 2;
constexpr int most_steps = 30;
constexpr std::size_t kept_starts = 10;
constexpr std::uint64_t start_seed = 0x0FF59EEDULL;  // any: the same windows are always judged alike

/// Rows by how far they are off, the nearest first.
std::vector<std::size_t> nearest(const Matrix& x, std::span<const double> y, const std::vector<double>& slopes,
                                 std::size_t count, double& squares) {
  const std::vector<double> expected = times(x, slopes);
  std::vector<std::size_t> rows(y.size());
  std::iota(rows.begin(), rows.end(), 0);
  const auto off = [&](std::size_t row) { return std::abs(y[row] - expected[row]); };
  std::sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) { return off(a) < off(b); });
  rows.resize(count);
  squares = 0;
  for (const std::size_t row : rows) squares += off(row) * off(row);
  return rows;
}

struct Start {
  double squares = 0;
  std::vector<double> slopes;
};

/// Steps towards the half that agrees best, each of them nearer; absent where a step finds no slopes.
std::optional<Start> concentrated(const Matrix& x, std::span<const double> y, std::vector<double> slopes,
                                  std::size_t half, int steps) {
  Start start{.squares = std::numeric_limits<double>::infinity(), .slopes = std::move(slopes)};
  for (int step = 0; step < steps; ++step) {
    double squares = 0;
    const std::optional<std::vector<double>> next = least_squares_of(x, y, nearest(x, y, start.slopes, half, squares));
    if (!next) return std::nullopt;
    start.slopes = *next;
    nearest(x, y, start.slopes, half, squares);
    if (squares >= start.squares) break;
    start.squares = squares;
  }
  return start;
}

}  // namespace

std::optional<std::vector<double>> least_squares_of(const Matrix& x, std::span<const double> y,
                                                    const std::vector<std::size_t>& rows) {
  Matrix some(rows.size(), x.columns());
  std::vector<double> of_rows;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < some.columns(); ++column) {
      some(row, column) = x(rows[row], column);
    }
    of_rows.push_back(y[rows[row]]);
  }
  return least_squares(some, of_rows);
}

std::optional<std::vector<double>> least_trimmed_squares(const Matrix& x, std::span<const double> y) {
  const std::size_t columns = x.columns();
  const std::size_t all = y.size();
  const std::size_t half = std::min(all, (all + columns + 1) / 2);
  const int starts = columns > few_columns ? many_starts : few_starts;
  Random random(start_seed);
  std::vector<std::size_t> order(all);
  std::iota(order.begin(), order.end(), 0);
  std::vector<Start> best;
  for (int number = 0; number < starts; ++number) {
    for (std::size_t i = 0; i <= columns; ++i) std::swap(order[i], order[i + random.below(all - i)]);
    const std::optional<std::vector<double>> first =
        least_squares_of(x, y, {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(columns) + 1});
    const std::optional<Start> start = first ? concentrated(x, y, *first, half, first_steps) : std::nullopt;
    if (start) best.push_back(*start);
  }
  const auto nearer = [](const Start& a, const Start& b) { return a.squares < b.squares; };
  const std::size_t kept = std::min(kept_starts, best.size());
  std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(kept), best.end(), nearer);
  best.resize(kept);
  std::optional<Start> found;
  for (const Start& start : best) {
    const std::optional<Start> end = concentrated(x, y, start.slopes, half, most_steps);
    if (end && (!found || end->squares < found->squares)) found = end;
  }
  return found ? std::optional(found->slopes) : std::nullopt;
}

}  // namespace clear_native
