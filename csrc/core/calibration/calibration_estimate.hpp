#pragma once
// What a byte and an operation cost: the slope of power over their rate, from windows of loads that do one thing at
// several rates with the same warps resident.

#include <optional>
#include <string>
#include <vector>

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
  /// power_capped: the fastest runs at lower clocks than the others, and is left out of the line where two are left.
  std::vector<std::string> statuses;
};

/// In every round a line is fitted through the rates of a kind; intervals come from between rounds. A rate without a
/// usable window in a round is left out of it.
KindCost cost_of_kind(const std::vector<Window>& windows, const CalibratedKind& kind);

/// Mean power of a target's windows: of idling, or of warps that sleep.
std::optional<Interval> power_of(const std::vector<Window>& windows, const std::string& target);

}  // namespace clear_native
