#include "shortest_stretch.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "core/statistics/center.hpp"
#include "core/statistics/statistics.hpp"

namespace clear_native {
namespace {

constexpr double deviations_of_95 = 1.96;  // standard deviations for 95 of 100
constexpr std::size_t fewest_blocks = 8;
constexpr double grid_s = 0.01;

/// Mean power of steps of equal length.
std::vector<double> powers_w(std::span<const EnergyPoint> energy, double step_s) {
  const double begin_s = energy.front().time_s;
  const auto steps = static_cast<std::size_t>((energy.back().time_s - begin_s) / step_s);
  std::vector<double> found;
  for (std::size_t i = 0; i < steps; ++i) {
    const double from_s = begin_s + step_s * static_cast<double>(i);
    const double until_s = begin_s + step_s * static_cast<double>(i + 1);
    found.push_back((energy_at(energy, until_s) - energy_at(energy, from_s)) / step_s);
  }
  return found;
}

/// Standard deviation of the means of blocks of so many.
double scatter_w(std::span<const double> rests_w, std::size_t length) {
  std::vector<double> blocks_w;
  for (std::size_t i = 0; i + length <= rests_w.size(); i += length) {
    blocks_w.push_back(mean(rests_w.subspan(i, length)));
  }
  const std::optional<WeightedMean> found = weighted_mean(blocks_w);
  return found ? found->standard_deviation : 0;
}

}  // namespace

std::optional<double> shortest_stretch_s(std::span<const EnergyPoint> energy, double tolerance) {
  const std::optional<double> gap_s = median_gap_s(times_of(energy));
  if (!gap_s) return std::nullopt;
  const double step_s = std::max(*gap_s, grid_s);
  const std::vector<double> powers = powers_w(energy, step_s);
  if (powers.size() < 2 * fewest_blocks) return std::nullopt;
  std::vector<double> numbers(powers.size());
  std::iota(numbers.begin(), numbers.end(), 0.0);
  const std::optional<Line> line = fit_line(numbers, powers);  // warming up is no scatter
  if (!line) return std::nullopt;
  std::vector<double> rests_w;
  rests_w.reserve(powers.size());
  for (std::size_t i = 0; i < powers.size(); ++i) {
    rests_w.push_back(powers[i] - line->intercept - line->slope * numbers[i]);
  }
  const double tolerated_w = tolerance * mean(powers);
  std::optional<double> shortest_s;
  for (std::size_t n = rests_w.size() / fewest_blocks; n > 0; --n) {
    // One that beats with the sensor by luck is not enough: all longer ones must do too.
    if (scatter_w(rests_w, n) * deviations_of_95 > tolerated_w) break;
    shortest_s = static_cast<double>(n) * step_s;
  }
  return shortest_s;
}

}  // namespace clear_native
