#pragma once
// Linear regression that single wild values cannot pull away.

#include <optional>
#include <span>
#include <vector>

#include "least_squares.hpp"

namespace clear_native {

struct Tamed {
  std::vector<double> values;  // least squares of these on x give Huber's estimate, and its standard errors
  int wild = 0;                // values further than wild_from robust standard deviations from the rest
};

inline constexpr double wild_from = 4;

/// Draws in what lies far from y = x b: values more than two robust standard deviations away count as if they lay
/// there (Huber 1964; 99 % as efficient as least squares where noise is normal), the rest moves so that least squares
/// of the result has the M-estimate's influence function as its residuals (pseudo-values, Bickel 1976). Values may
/// weigh differently: `weights` are inverse variances up to a factor, empty: all equal.
///
/// Absent where the columns of x are not independent or the rows fewer than twice the columns: then nothing can
/// tell wild values from others.
std::optional<Tamed> tamed(const Matrix& x, std::span<const double> y, std::span<const double> weights = {});

}  // namespace clear_native
