#pragma once
// What a byte and an operation cost: the slope of power over their rate, from windows of loads that do one thing at
// several rates with the same warps resident.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/rounds/observations.hpp"
#include "core/statistics/interval.hpp"
#include "core/windows/window.hpp"

namespace clear_native {

/// A load at one rate. `target` names its windows.
struct CalibratedPoint {
  std::string target;
  double units_per_pass = 0;
};

/// A load at several rates, the fastest first.
struct CalibratedKind {
  std::string name;
  std::string unit;  // "byte" or "FLOP"
  std::vector<CalibratedPoint> points;
};

struct KindCost {
  std::string name;
  std::string unit;
  std::optional<Interval> energy_per_unit_j;  // absent: fewer than two rates were measured
  std::optional<Interval> base_power_w;       // of the same warps, when they do nothing
  std::optional<Interval> units_per_s;        // at the fastest
  std::optional<Interval> power_w;            // likewise
  /// How far the rates between lie off the line through the others, over the rise of power; absent: two rates only.
  std::optional<double> bend;
  /// power_capped: the cap held the clocks down at some rates, which are left out of the line where two others are
  /// left. line_power_capped: fewer were, so that the line is of lower clocks too.
  std::vector<std::string> statuses;
};

/// Windows as numbers, by target.
struct CalibratedWindows {
  std::map<std::string, Observations> by_target;
  double freedom_lost = 0;  // of intervals, by what was fitted to the windows before
  /// Per target, in watts: what a standard error of each thing that was fitted would do to its mean power.
  std::map<std::string, std::vector<double>> uncertain_w;
};

/// Usable windows of these targets, referred to one state of the device (slow_powers.hpp): what the loads did to each
/// other by warming it is no part of what they cost. Too few windows are taken as they are.
CalibratedWindows calibrated_windows(const std::vector<Window>& windows, const std::vector<std::string>& targets);

/// In every round a line is fitted through the rates of a kind; intervals come from between rounds. A rate without a
/// usable window in a round is left out of it. `windows` tell where the power cap held the clocks down: where the
/// driver says so, and the clock, if it is known, is below that of others.
KindCost cost_of_kind(const std::vector<Window>& windows, const CalibratedWindows& seen, const CalibratedKind& kind);

/// Mean power of a target's windows: of idling, or of warps that sleep.
std::optional<Interval> power_of(const CalibratedWindows& seen, const std::string& target);

}  // namespace clear_native
