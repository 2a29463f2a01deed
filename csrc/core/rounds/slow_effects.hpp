#pragma once
// What makes the same work cost more or less from window to window: the slow drift of the whole profile, the
// temperature, and the carry-over of what ran before. Each is one for all targets, fitted and taken out.

#include <optional>
#include <vector>

#include "observations.hpp"

namespace clear_native {

struct SlowEffects {
  double drift_per_s = 0;       // relative change of energy per second: the GPU warms, and everything then costs more
  double carry_over_per_w = 0;  // relative change per watt of mean power in the second or so before the window
  double carry_over_standard_error_per_w = 0;
  std::optional<double> temperature_per_k = std::nullopt;  // relative; absent where no window tells its temperature
  double temperature_standard_error_per_k = 0;
};

/// Mean power before each window, exponentially weighted with the time constant of the carry-over; absent for windows
/// with nothing before them. In the order of `windows`, which is that in which they ran.
std::vector<std::optional<double>> power_before_w(const std::vector<Window>& windows);

/// Least squares over all targets, each about its own mean and weighted by its own scatter. The carry-over is drawn to
/// zero by a prior of 1 % per 100 W, so that rounds in which it cannot be seen do not invent it; drift and temperature,
/// which go nearly together while a GPU warms, by 0.1 % per second and 0.3 % per kelvin.
/// Absent where windows are too few to tell effects from noise.
std::optional<SlowEffects> fit_slow_effects(const std::vector<Observations>& targets);

/// Degrees of freedom that fitting them cost each number of every round: its share of slopes that are all windows'.
double freedom_lost(const std::vector<Observations>& fitted, const SlowEffects& effects);

/// What energies are referred to. Inside the running model, what ran before a component is the model: so the reference
/// is the model's own mean power, whatever else a profile measures.
struct SlowReference {
  double time_s = 0;
  double power_before_w = 0;
  double temperature_c = 0;
};

/// The middle of all windows in time and temperature, where drift and temperature need not be told apart.
SlowReference middle_of(const std::vector<Observations>& targets, double power_before_w);

void remove_slow_effects(std::vector<Observations>& targets, const SlowEffects& effects,
                         const SlowReference& reference);

/// Relative standard error that this brings to the mean of a target: its windows had, on the mean, another power before
/// them than the reference, and the carry-over is known only so well. No scatter between rounds shows it.
double standard_error_of_reference(const Observations& observations, const SlowEffects& effects,
                                   const SlowReference& reference);

}  // namespace clear_native
