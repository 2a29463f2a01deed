#include "moderated.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "statistics.hpp"

namespace clear_native {
namespace {

constexpr double asymptotic_from = 8;  // the series is exact to 1e-10 from here on

/// What the variances have in common: their typical value, and with how many degrees of freedom it counts for each.
struct Common {
  double variance = 0;
  double freedom = 0;
};

Common common_of(const std::vector<double>& variances, double freedom) {
  const double n = static_cast<double>(variances.size());
  const double shift = digamma(freedom / 2) - std::log(freedom / 2);  // of the logarithm of one sample variance
  double mean = 0;
  for (const double variance : variances) mean += (std::log(variance) - shift) / n;
  double spread = 0;
  for (const double variance : variances) spread += std::pow(std::log(variance) - shift - mean, 2) / (n - 1);
  const double excess = spread - trigamma(freedom / 2);
  // No more than the others know: however alike they look, they are only so many.
  const double most = (n - 1) * freedom;
  const double found = excess > 0 ? std::min(most, 2 * trigamma_inverse(excess)) : most;
  return {.variance = std::exp(mean + digamma(found / 2) - std::log(found / 2)), .freedom = found};
}

}  // namespace

double digamma(double x) {
  double below = 0;
  while (x < asymptotic_from) {
    below -= 1 / x;
    x += 1;
  }
  const double square = 1 / (x * x);
  return below + std::log(x) - 0.5 / x -
         square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square / 240)));
}

double trigamma(double x) {
  double below = 0;
  while (x < asymptotic_from) {
    below += 1 / (x * x);
    x += 1;
  }
  const double square = 1 / (x * x);
  return below + 1 / x + square / 2 + square / x * (1.0 / 6 - square * (1.0 / 30 - square * (1.0 / 42 - square / 30)));
}

double trigamma_inverse(double y) {
  double low = 1e-9;
  double high = 1;
  while (trigamma(high) > y) high *= 2;
  while (trigamma(low) < y) low /= 2;
  for (int i = 0; i < 200; ++i) {
    const double middle = std::sqrt(low * high);
    (trigamma(middle) > y ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

void moderate(std::vector<Interval>& intervals, std::span<const double> scales, double freedom, double most_freedom) {
  std::vector<double> variances;
  std::vector<std::size_t> moderated;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const double deviation = intervals[i].standard_deviation * scales[i];
    if (!intervals[i].half_width || !(deviation > 0)) continue;
    variances.push_back(deviation * deviation);
    moderated.push_back(i);
  }
  if (moderated.size() < 2 || freedom < 1) return;
  Common common = common_of(variances, freedom);
  common.freedom = std::clamp(most_freedom - freedom, 0.0, common.freedom);
  const double all_freedom = freedom + common.freedom;
  const double widths = student_t_two_sided(0.95, all_freedom) / student_t_two_sided(0.95, freedom);
  for (std::size_t k = 0; k < moderated.size(); ++k) {
    const double variance = (common.freedom * common.variance + freedom * variances[k]) / all_freedom;
    const double factor = std::sqrt(variance / variances[k]);
    Interval& interval = intervals[moderated[k]];
    interval.standard_deviation *= factor;
    if (interval.half_width) interval.half_width = *interval.half_width * factor * widths;
  }
}

}  // namespace clear_native
