#pragma once
// Do two sets of measured means differ? Nothing here knows of energy.

#include <optional>
#include <span>
#include <vector>

namespace clear_native {

/// A mean with the half-width of its 95 % interval, which had so many degrees of freedom.
struct MeasuredMean {
  double mean = 0;
  double half_width = 0;
  double freedom = 1;
};

struct Difference {
  double value = 0;                               // after minus before
  double half_width = 0;                          // of the 95 % interval of the value
  std::optional<double> relative = std::nullopt;  // value over before; absent where before is not told from 0
  std::optional<double> relative_half_width = std::nullopt;  // of the 95 % interval of the relative change
  double p_value = 1;                                        // two-sided, of no difference
};

/// Unequal variances and degrees of freedom (Welch 1947, Satterthwaite 1946). `spread_between_runs`: relative standard
/// deviation that runs of the same thing have beyond what their intervals say.
Difference difference(const MeasuredMean& before, const MeasuredMean& after, double spread_between_runs);

/// Which of several differences are there, so that with probability `family_error` at most any of them is not: Holm's
/// procedure (1979, Scand. J. Statist. 6, 65).
std::vector<bool> told_apart(std::span<const Difference> differences, double family_error);

}  // namespace clear_native
