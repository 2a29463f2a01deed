#pragma once
// Where values lie, and how far apart.

#include <span>
#include <vector>

namespace clear_native {

/// Of a normal distribution: its standard deviation over the median of its absolute values.
inline constexpr double deviation_over_median = 1.4826;

/// All of one value or more.
double mean(std::span<const double> values);
/// The middle one, or the mean of the middle two.
double median(std::vector<double> values);
/// Root of the mean square distance from their mean: of these values, not of what they are a sample of.
double population_deviation(std::span<const double> values);

}  // namespace clear_native
