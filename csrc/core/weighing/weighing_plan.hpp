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
  StopReason stop_reason = StopReason::precision_planned;  // what set the number of rounds
};

/// `overheads_s`: per kind of window, besides its measured stretch. `rows`: dosed windows of a round, on the mean.
/// References keep their durations. Where what the precision needs does not fit into the time left, as many rounds as
/// fit; if those were fewer than allowed, these with windows that fit: intervals of too few rounds are wide whatever
/// their windows.
WeighingPlan plan_weighing(const WeighedRounds& pilot, const WeighingDurations& durations,
                           const std::vector<double>& overheads_s, double rows, const RoundsOptions& options,
                           double left_s);

}  // namespace clear_native
