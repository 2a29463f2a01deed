#pragma once
// After the pilot of a weighing: how many rounds, and how long the dosed windows.

#include <cstddef>
#include <vector>

#include "core/rounds/rounds.hpp"
#include "weighing_estimate.hpp"
#include "weighing_schedule.hpp"

namespace clear_native {

struct WeighingPlan {
  int rounds = 0;  // the pilot counted in
  double dosed_duration_s = 0;
  double fraction = 0;                                     // of cells dosed after the pilot
  StopReason stop_reason = StopReason::precision_planned;  // what set the number of rounds
};

/// Of cells that are dosed.
struct Fractions {
  double of_pilot = 0;
  double largest = 0;  // after it
};

/// Larger than the pilot's, where the pilot's times show that the model bends little with the mix:
/// noise falls as one over the fraction, while what slopes over finite doses miss of the derivative grows as its
/// square. Times are known to 0.1 % and better, so they show it: as a sum of marginal times that is not the model's,
/// and as scatter of the pairs about what their doses explain.
double fraction_after_pilot(const WeighedRounds& pilot, const Fractions& fractions);

/// `overheads_s`: per kind of window, besides its measured stretch. `rows`: dosed windows of a round, on the mean.
/// References keep their durations. Where what the precision needs does not fit into the time left, as many rounds as
/// fit; if those were fewer than allowed, these with windows that fit: intervals of too few rounds are wide whatever
/// their windows.
WeighingPlan plan_weighing(const WeighedRounds& pilot, const WeighingDurations& durations,
                           const std::vector<double>& overheads_s, double rows, const RoundsOptions& options,
                           double left_s, const Fractions& fractions);

}  // namespace clear_native
