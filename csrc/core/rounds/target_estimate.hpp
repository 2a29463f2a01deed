#pragma once
// What is said of one target, and of sums and ratios of several, once there are numbers for every round.

#include <map>
#include <optional>
#include <vector>

#include "estimate.hpp"

namespace clear_native {

using ValueByRound = std::map<int, double>;

/// `lengths_s`: of the windows of each round, by which it counts; a round without one counts like the longest.
std::optional<Interval> interval_of_rounds(const ValueByRound& values, const ValueByRound& lengths_s,
                                           double freedom_lost = 0);

/// Mean over mean of the rounds that have both, with the scatter of what is left of the numerator when the ratio times
/// the denominator is taken off: a round's noise that both share counts for nothing. Absent without such rounds.
std::optional<Interval> ratio_of_rounds(const ValueByRound& numerators, const ValueByRound& denominators,
                                        const ValueByRound& lengths_s, double freedom_lost = 0);

/// No number where there is none, or where its interval is wider than itself; and which of the two it is.
/// `measured`: there was a window of it.
void judge_resolution(TargetEstimate& estimate, bool measured);

/// An idle target's energy is watts; what it must be known to follows from what it is subtracted from.
void judge_precision(TargetEstimate& estimate, TargetRole role, double model_energy_j, double model_time_s,
                     const PrecisionRule& rule);

/// Adds the status unless it is there.
void add_status(TargetEstimate& estimate, const char* status);

/// Of all three energies.
void widen_energies(TargetEstimate& estimate, double relative_error);

}  // namespace clear_native
