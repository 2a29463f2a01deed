#include "differences.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "statistics.hpp"

namespace clear_native {
namespace {

constexpr double confidence = 0.95;

double standard_error(const MeasuredMean& measured) {
  return measured.half_width / student_t_two_sided(confidence, measured.freedom);
}

/// Degrees of freedom of a sum of variances of which the first two are estimated from few values.
double joint_freedom(double before, double after, double known, const MeasuredMean& first, const MeasuredMean& second) {
  const double scatter = before * before / first.freedom + after * after / second.freedom;
  const double total = before + after + known;
  // Beyond this Student's t is the normal distribution to three digits.
  constexpr double as_good_as_known = 1e4;
  return scatter > 0 ? std::min(total * total / scatter, as_good_as_known) : as_good_as_known;
}

}  // namespace

Difference difference(const MeasuredMean& before, const MeasuredMean& after, double spread_between_runs) {
  const double of_before = standard_error(before) * standard_error(before);
  const double of_after = standard_error(after) * standard_error(after);
  const double between =
      spread_between_runs * spread_between_runs * (before.mean * before.mean + after.mean * after.mean);
  const double error = std::sqrt(of_before + of_after + between);
  const double freedom = joint_freedom(of_before, of_after, between, before, after);
  const double reach = student_t_two_sided(confidence, freedom);
  Difference found{.value = after.mean - before.mean, .half_width = reach * error};
  if (error > 0) {
    found.p_value = student_t_beyond(found.value / error, freedom);
  } else {
    found.p_value = found.value == 0 ? 1 : 0;
  }
  const double before_error =
      std::sqrt(of_before + spread_between_runs * spread_between_runs * before.mean * before.mean);
  if (before.mean > reach * before_error) {
    const double ratio = after.mean / before.mean;
    const double after_error =
        std::sqrt(of_after + spread_between_runs * spread_between_runs * after.mean * after.mean);
    found.relative = ratio - 1;
    found.relative_half_width = reach * std::hypot(after_error, ratio * before_error) / before.mean;
  }
  return found;
}

std::vector<bool> told_apart(std::span<const Difference> differences, double family_error) {
  std::vector<std::size_t> order(differences.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return differences[i].p_value; });
  std::vector<bool> found(differences.size(), false);
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    if (differences[order[rank]].p_value > family_error / static_cast<double>(order.size() - rank)) break;
    found[order[rank]] = true;
  }
  return found;
}

}  // namespace clear_native
