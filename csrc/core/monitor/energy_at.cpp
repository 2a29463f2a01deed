#include "energy_at.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>

namespace clear_native {
namespace {

constexpr double peak_over_mean = 2;  // power is taken never to exceed so much of the highest mean between two knots

double power_w(const Knot& from, const Knot& to) {
  return (to.energy_j - from.energy_j) / (to.time_s - from.time_s);
}

/// A stretch between two knots, divided at the moment asked for.
struct Divided {
  double before_s = 0;
  double after_s = 0;
  double power_w = 0;
  [[nodiscard]] double length_s() const { return before_s + after_s; }
  [[nodiscard]] double longer_s() const { return std::max(before_s, after_s); }
};

struct Spent {
  double energy_j = 0;  // in the stretch up to the moment
  double half_width_j = 0;
};

Spent spent(const Divided& stretch, double before_w, double after_w) {
  const double straight_j = stretch.power_w * stretch.before_s;
  const auto [low_w, high_w] = std::minmax(before_w, after_w);
  if (stretch.power_w > high_w) return {straight_j, (stretch.power_w - low_w) * stretch.longer_s()};
  if (stretch.power_w < low_w) return {straight_j, (high_w - stretch.power_w) * stretch.longer_s()};
  if (before_w == after_w) return {straight_j, 0};
  const double step_s = stretch.length_s() * (after_w - stretch.power_w) / (after_w - before_w);
  const double stepped_j =
      before_w * std::min(stretch.before_s, step_s) + after_w * std::max(0.0, stretch.before_s - step_s);
  return {stepped_j, std::abs(stepped_j - straight_j)};
}

}  // namespace

std::optional<EnergyAt> energy_at(std::span<const Knot> knots, double time_s) {
  const auto after = std::upper_bound(knots.begin(), knots.end(), time_s,
                                      [](double moment_s, const Knot& knot) { return moment_s < knot.time_s; });
  if (after == knots.begin() || after == knots.end()) return std::nullopt;
  const std::size_t right = static_cast<std::size_t>(std::distance(knots.begin(), after));
  const Knot& from = knots[right - 1];
  const Knot& to = knots[right];
  const Divided stretch{.before_s = time_s - from.time_s, .after_s = to.time_s - time_s, .power_w = power_w(from, to)};
  Spent found;
  double highest_w = 0;
  for (std::size_t i = 1; i < knots.size(); ++i) highest_w = std::max(highest_w, power_w(knots[i - 1], knots[i]));
  if (right >= 2 && right + 1 < knots.size()) {
    const double before_w = power_w(knots[right - 2], from);
    const double after_w = power_w(to, knots[right + 1]);
    found = spent(stretch, before_w, after_w);
  } else {  // nothing is known of one neighbour: all of the stretch's energy may lie on one side
    found = {stretch.power_w * stretch.before_s, stretch.power_w * stretch.longer_s()};
  }
  const double shorter_s = std::min(stretch.before_s, stretch.after_s);
  found.half_width_j = std::min(found.half_width_j, peak_over_mean * highest_w * shorter_s);
  // Where a knot is not where it is thought to be, the energies of the stretch shift along with it.
  const double shift_s = std::hypot(from.half_width_s * stretch.after_s, to.half_width_s * stretch.before_s);
  return EnergyAt{.energy_j = from.energy_j + found.energy_j,
                  .half_width_j = std::hypot(found.half_width_j, highest_w * shift_s / stretch.length_s()),
                  .knot_before_s = from.time_s,
                  .knot_after_s = to.time_s};
}

}  // namespace clear_native
