#include "timed_windows.hpp"

#include <cmath>
#include <cstddef>

#include "core/windows/noise_model.hpp"
#include "pair_weights.hpp"

namespace clear_native {

std::vector<TimedWindow> timed_windows(const std::vector<Window>& windows, const WeighingLayout& layout) {
  std::vector<TimedWindow> timed;
  bool two_speeds = false;
  for (const Window& window : windows) {
    if (!window.doses || !window.time_per_pass_s || !window.energy_per_pass_j) continue;
    two_speeds = two_speeds || window.off_speed;
    if (window.off_speed) continue;
    timed.push_back({.round = window.round,
                     .component_doses = component_doses(layout, doses_from_text(*window.doses)),
                     .time_s = *window.time_per_pass_s,
                     .length_s = window.end_s - window.begin_s});
  }
  return two_speeds ? timed : std::vector<TimedWindow>{};
}

std::optional<SlopesByGroup> slopes_of_timed(const std::vector<TimedWindow>& windows, std::size_t components) {
  Matrix doses(windows.size(), components + 1);
  std::vector<double> times_s;
  std::vector<int> rounds;
  std::vector<double> weights;
  for (std::size_t row = 0; row < windows.size(); ++row) {
    const TimedWindow& window = windows[row];
    const double weight = information(window.length_s, windows.front().length_s);
    const double factor = std::sqrt(weight);
    doses(row, 0) = factor;
    for (std::size_t i = 0; i < components; ++i) doses(row, i + 1) = factor * window.component_doses[i];
    times_s.push_back(factor * window.time_s);
    rounds.push_back(window.round);
    weights.push_back(weight);
  }
  std::optional<SlopesByGroup> slopes = slopes_by_group(doses, times_s, rounds);
  if (!slopes) return std::nullopt;
  slopes->values.erase(slopes->values.begin());  // of the model itself
  const std::vector<double> of_rounds = sums_by_round(rounds, weights);
  slopes->freedom_lost += static_cast<double>(of_rounds.size()) - effective_count(of_rounds);
  return slopes;
}

}  // namespace clear_native
