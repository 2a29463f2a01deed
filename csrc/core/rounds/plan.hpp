#pragma once
// After the pilot: how many rounds, and how long each target's window, so that the precision asked for is reached
// soonest.

#include <vector>

#include "estimate.hpp"

namespace clear_native {

/// What the pilot told of one target.
struct PilotTarget {
  double required_half_width = 0;  // 95 %, in the unit of the mean; 0: nothing is required of this one
  double mean = 0;
  double standard_deviation = 0;  // of one pilot window
  double pilot_duration_s = 0;
  double overhead_s = 0;         // of a window, besides its measured stretch: lead-in, waiting, draining
  double windows_per_round = 1;  // of this length, that make one number of a round together
  bool pooled = false;           // its deviation was already drawn to that of others like it
  double max_duration_s = 0;     // 0: the limits hold; else its windows last from what the pilot's did to this
};

struct PlanLimits {
  int pilot_rounds = 4;
  int min_rounds = 8;  // the pilot counted in, as everywhere
  int max_rounds = 200;
  double min_duration_s = 0.12;
  double max_duration_s = 1.0;
};

struct Plan {
  int rounds = 0;
  std::vector<double> durations_s;  // per target, for the rounds after the pilot
  double round_s = 0;               // expected, of a round after the pilot
  double remaining_s = 0;           // expected, of all rounds after the pilot
  bool reaches_precision = true;    // false: max_rounds of the longest windows are expected not to suffice
};

/// Two-stage rule (after Stein): the pilot's own deviation and Student's t for its degrees of freedom set the number of
/// rounds; nobody looks again before they are done. A pilot of four windows knows its deviation badly, so each target's
/// relative variance is drawn half-way to the mean of all, which doubles the degrees of freedom.
Plan plan_rounds(const std::vector<PilotTarget>& targets, const PlanLimits& limits);

/// Once `done` rounds are: as many, those counted in, as bring the widest half-width to what is required of it, since
/// half-widths fall as one over the root. `done` where every target reached it.
int rounds_to_reach(const std::vector<TargetEstimate>& targets, int done);

}  // namespace clear_native
