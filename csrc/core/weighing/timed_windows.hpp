#pragma once
// The times of a weighing in which the device ran at two speeds: by single windows, since of few pairs both windows ran
// at the main speed.

#include <optional>
#include <vector>

#include "core/statistics/grouped_slopes.hpp"
#include "core/windows/window.hpp"
#include "weighing_design.hpp"

namespace clear_native {

/// A dosed window at the main speed.
struct TimedWindow {
  int round = 0;
  std::vector<double> component_doses;
  double time_s = 0;
  double length_s = 0;
};

/// In the order they ran; empty where all dosed windows ran at one speed.
std::vector<TimedWindow> timed_windows(const std::vector<Window>& windows, const WeighingLayout& layout);

/// What a pass takes more per dose of each component. Curvature, which pairs cancel, is scatter here. Rounds that tell
/// little cost degrees of freedom; what cannot be told at all is one group, which has no interval. Absent where the
/// windows do not tell all components apart.
std::optional<SlopesByGroup> slopes_of_timed(const std::vector<TimedWindow>& windows, std::size_t components);

}  // namespace clear_native
