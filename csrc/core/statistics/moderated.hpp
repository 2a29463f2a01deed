#pragma once
// Deviations of several quantities that the same windows tell of: each one's own is known badly, all together well.

#include <limits>
#include <span>
#include <vector>

#include "interval.hpp"

namespace clear_native {

/// Draws the variances of the intervals together as far as they are alike (moderated t: Smyth 2004, Stat. Appl. Genet.
/// Mol. Biol. 3, 3), and computes half-widths again with the degrees of freedom that this gains. How alike they are is
/// estimated from their own scatter: a quantity that is really noisier keeps most of its own variance. `scales`: what
/// one unit of each quantity is of the noise that they share; intervals without a half-width stay as they are.
/// `most_freedom`: what all of them together can have gained, since they come from the same rows.
void moderate(std::vector<Interval>& intervals, std::span<const double> scales, double freedom,
              double most_freedom = std::numeric_limits<double>::infinity());

/// Derivatives of the logarithm of the gamma function, for positive arguments.
double digamma(double x);
double trigamma(double x);
/// The positive x with trigamma(x) = y.
double trigamma_inverse(double y);

}  // namespace clear_native
