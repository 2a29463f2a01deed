#pragma once
// Linear regression that up to half of the rows cannot pull away.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/statistics/least_squares.hpp"

namespace clear_native {

/// Of these rows alone; absent where they do not tell the columns apart.
std::optional<std::vector<double>> least_squares_of(const Matrix& x, std::span<const double> y,
                                                    const std::vector<std::size_t>& rows);

/// The coefficients that the half of the rows goes by that agrees best (least trimmed squares, Rousseeuw 1984, by the
/// fast algorithm of Rousseeuw and Van Driessen 2006). The same rows always give the same. At least twice as many rows
/// as columns.
std::optional<std::vector<double>> least_trimmed_squares(const Matrix& x, std::span<const double> y);

}  // namespace clear_native
