#pragma once
// What side meters read while the windows of a target ran, per pass of it.

#include <string>
#include <vector>

#include "core/windows/window.hpp"
#include "estimate.hpp"

namespace clear_native {

struct SideEstimate {
  std::string scope;
  std::string target;
  Interval energy_per_pass_j;
  Interval power_w;
};

/// Means over rounds, by scope and by target in the order in which they first ran. Dosed windows are nobody's own and
/// are left out, and so are windows that a sensor spoilt. Slow effects are not taken out.
std::vector<SideEstimate> side_estimates(const std::vector<Window>& windows);

}  // namespace clear_native
