#pragma once
// The usable windows of each target, as numbers.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/windows/window.hpp"
#include "estimate.hpp"

namespace clear_native {

/// One usable window.
struct Observation {
  int round = 0;
  double middle_s = 0;  // of its measured stretch
  double length_s = 0;
  double energy_j = 0;                                  // per pass
  double time_s = 0;                                    // per pass
  std::optional<double> power_before_w = std::nullopt;  // of what ran before it, see slow_effects.hpp
  std::optional<double> temperature_c = std::nullopt;
  std::optional<double> off_speed = std::nullopt;      // see Window; its time tells nothing of the main speed
  std::optional<double> expected_beat = std::nullopt;  // see Window
};

/// Those of one target, in the order they ran.
using Observations = std::vector<Observation>;

Observations observations_of(const std::vector<Window>& windows, const std::string& target);

/// One per round: the mean of those of a target that ran several times in it. Intervals come from between rounds.
std::map<int, Observation> by_round(const Observations& observations);

/// Those whose times are measured at the main speed; where fewer than two are, one alone: that has no interval.
std::map<int, Observation> at_main_speed(const std::map<int, Observation>& rounds);

/// Mean over all observations of these targets that have the value; absent where none has.
template <class Value>
std::optional<double> mean_over(std::span<const Observations> targets, Value value) {
  double sum = 0;
  int counted = 0;
  for (const Observations& observations : targets) {
    for (const Observation& observation : observations) {
      const std::optional<double> found = value(observation);
      if (!found) continue;
      sum += *found;
      ++counted;
    }
  }
  return counted > 0 ? std::optional(sum / counted) : std::nullopt;
}

/// Mean over observations, each weighted by the information in a window of its length. `freedom_lost`: what was fitted
/// to the values before (their share of the common drift), in degrees of freedom.
std::optional<Interval> interval_of(std::span<const double> values, std::span<const double> lengths_s,
                                    double freedom_lost = 0);

}  // namespace clear_native
