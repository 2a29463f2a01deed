#pragma once
// The windows of all targets with the slow effects taken out, and what taking them out costs.

#include <optional>
#include <vector>

#include "observations.hpp"
#include "slow_effects.hpp"
#include "target_roles.hpp"

namespace clear_native {

struct Corrected {
  std::vector<Observations> observations;  // per target
  std::optional<SlowEffects> effects;      // absent: too few windows, nothing was taken out
  SlowReference reference;                 // what energies are referred to
  double freedom_lost = 0;                 // of each target's intervals
  std::vector<double> relative_errors;     // per target: what is not known of the reference, a standard error
};

/// Of these targets; the effects are fitted to each target about its own mean.
Corrected corrected_observations(const std::vector<Window>& windows, const std::vector<TargetInfo>& targets);

/// `observations` as they are, per target; `fitted`: what the effects are fitted to, which may be more or fewer, each
/// about its own mean. `model_power_w`: what energies are referred to.
Corrected corrected_observations(std::vector<Observations> observations, const std::vector<Observations>& fitted,
                                 double model_power_w);

/// Mean power of the model, else of everything. `observations`: per target; more than targets may follow.
double model_power_w(const std::vector<Observations>& observations, const std::vector<TargetInfo>& targets);

/// Makes the 95 % half-width hold a relative standard error that no scatter between rounds shows.
void widen(std::optional<Interval>& interval, double relative_error);

}  // namespace clear_native
