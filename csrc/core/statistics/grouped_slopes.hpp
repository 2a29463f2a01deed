#pragma once
// One regression over rows that come in groups, and what every group says of its slopes.

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "least_squares.hpp"

namespace clear_native {

struct SlopesByGroup {
  /// Per column and group: the slope plus what the group's residuals did to it. Mean and standard error of these values
  /// are the slope and its cluster-robust standard error, unbiased where noise is alike everywhere (as the CR2 estimate
  /// of Bell and McCaffrey 2002). Where each group tells all slopes equally well they are the groups' own slopes.
  std::vector<std::map<int, double>> values;
  double spare_rows = 0;    // more than slopes
  double freedom_lost = 0;  // degrees of freedom that an interval over the groups must do without
};

/// `groups`: which one each row belongs to. Absent where the rows do not tell the columns apart; a single group where
/// the rows are as many as the columns, so that nothing tells of noise.
std::optional<SlopesByGroup> slopes_by_group(const Matrix& x, std::span<const double> y, std::span<const int> groups);

}  // namespace clear_native
