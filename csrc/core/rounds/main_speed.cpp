#include "main_speed.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "core/statistics/center.hpp"
#include "target_status.hpp"

namespace clear_native {
namespace {

constexpr double level_width = 0.02;      // to both sides of it
constexpr double least_at_levels = 0.75;  // of the windows: others are of both speeds, or noise
constexpr std::size_t fewest_windows = 4;
constexpr double most_held_down = 0.1;  // of the windows

/// The times of one target, where they lie about two levels.
struct Levels {
  double fast_s = 0;
  double slow_s = 0;
  double fast = 0;  // how many windows lie there
  double slow = 0;
};

std::vector<double> near(const std::vector<double>& times_s, double level_s) {
  std::vector<double> found;
  for (const double time_s : times_s) {
    if (std::abs(time_s / level_s - 1) <= level_width) found.push_back(time_s);
  }
  return found;
}

std::optional<Levels> levels_of(const std::vector<Window>& windows, const std::string& target) {
  std::vector<double> times_s;
  double held_down = 0;
  for (const Window& window : windows) {
    if (window.target != target || !window.time_per_pass_s || *window.time_per_pass_s <= 0) continue;
    times_s.push_back(*window.time_per_pass_s);
    if (clocks_held_down(window)) ++held_down;
  }
  const double all = static_cast<double>(times_s.size());
  if (times_s.size() < fewest_windows || held_down > most_held_down * all) return std::nullopt;
  const auto [least, most] = std::minmax_element(times_s.begin(), times_s.end());
  if (*most / *least - 1 < least_speed_step) return std::nullopt;
  const std::vector<double> fast = near(times_s, *least * (1 + level_width / 2));
  const std::vector<double> slow = near(times_s, *most * (1 - level_width / 2));
  const Levels levels = {.fast_s = median(fast),
                         .slow_s = median(slow),
                         .fast = static_cast<double>(fast.size()),
                         .slow = static_cast<double>(slow.size())};
  const bool two = levels.slow_s / levels.fast_s - 1 >= least_speed_step;
  return two && levels.fast + levels.slow >= least_at_levels * all ? std::optional(levels) : std::nullopt;
}

}  // namespace

void mark_off_speed(std::vector<Window>& windows, const std::vector<TargetInfo>& targets) {
  for (Window& window : windows) window.off_speed.reset();
  std::map<std::string, Levels> two_levels;  // of the targets that have two
  double fast = 0;
  double slow = 0;
  for (const TargetInfo& target : targets) {
    if (target.role == TargetRole::idle) continue;
    const std::optional<Levels> levels = levels_of(windows, target.name);
    if (!levels) continue;
    fast += levels->fast;
    slow += levels->slow;
    two_levels.emplace(target.name, *levels);
  }
  const bool main_is_slow = slow >= least_slow_share * (fast + slow);
  for (Window& window : windows) {
    const auto levels = two_levels.find(window.target);
    const double time_s = window.time_per_pass_s.value_or(0);
    if (levels == two_levels.end() || time_s <= 0) continue;
    const double main_s = main_is_slow ? levels->second.slow_s : levels->second.fast_s;
    const double step = time_s / main_s - 1;
    if (std::abs(step) >= least_speed_step) window.off_speed = step;
  }
}

void refer_to_main_speed(std::vector<Observations>& observations, const std::vector<TargetInfo>& targets) {
  const std::optional<std::size_t> idle = find_role(targets, TargetRole::idle);
  if (!idle || observations[*idle].empty()) return;
  double idle_w = 0;
  const double n = static_cast<double>(observations[*idle].size());
  for (const Observation& observation : observations[*idle]) idle_w += observation.energy_j / observation.time_s / n;
  for (Observations& target : observations) {
    for (Observation& observation : target) {
      if (!observation.off_speed) continue;
      const double main_s = observation.time_s / (1 + *observation.off_speed);
      observation.energy_j -= idle_w * (observation.time_s - main_s);
      observation.time_s = main_s;
    }
  }
}

}  // namespace clear_native
