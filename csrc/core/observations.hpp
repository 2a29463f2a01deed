#pragma once
// The usable windows of each target, as numbers, with the common drift taken out.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "estimate.hpp"
#include "window.hpp"

namespace clear_native {

/// One usable window.
struct Observation {
  int round = 0;
  double middle_s = 0;  // of its measured stretch
  double length_s = 0;
  double energy_j = 0;  // per pass
  double time_s = 0;    // per pass
};

/// Those of one target, in the order they ran.
using Observations = std::vector<Observation>;

Observations observations_of(const std::vector<Window>& windows, const std::string& target);

/// Relative change of energy per second, one for all targets: the GPU warms, and everything then costs more.
/// Absent where windows are too few to tell it from noise.
std::optional<double> fit_drift_per_s(const std::vector<Observations>& targets);

/// Refers every energy to `reference_s`.
void remove_drift(std::vector<Observations>& targets, double drift_per_s, double reference_s);

/// Mean over observations, each weighted by the information in a window of its length.
std::optional<Interval> interval_of(std::span<const double> values, std::span<const double> lengths_s);

}  // namespace clear_native
