#pragma once
// The foldover pairs of a weighing as numbers, and the marginals of every round.

#include <string>
#include <vector>

#include "core/rounds/corrected.hpp"
#include "core/rounds/target_estimate.hpp"
#include "weighing_design.hpp"

namespace clear_native {

/// Two windows with all signs turned.
struct WeighedPair {
  int round = 0;
  int pair = 0;
  bool uniform = false;                 // all components have one sign
  std::vector<double> component_doses;  // half the difference of the two
  std::vector<double> call_doses;       // likewise, per call of a pass
  double energy_j = 0;                  // half the difference: curvature and two-way interactions cancel
  double time_s = 0;
  double length_s = 0;       // of the shorter window
  double mean_energy_j = 0;  // half the sum: what is left of curvature and two-way interactions
};

/// The rows' targets, the two of a pair next to each other.
std::vector<TargetInfo> row_targets(const WeighingLayout& layout);

/// All dosed windows as those of one target: each energy over what its doses let expect, by the marginals as they come
/// out without any correction. What is left is what the slow effects made of it, and noise.
Observations levelled(const std::vector<Window>& windows, const std::vector<Observations>& rows,
                      const WeighingLayout& layout);

/// Pairs of which both windows are usable. `rows`: the corrected observations of row_targets().
std::vector<WeighedPair> weighed_pairs(const std::vector<Window>& windows, const std::vector<Observations>& rows,
                                       const WeighingLayout& layout);

/// Per component and round; rounds whose pairs do not tell all components apart are left out.
struct Marginals {
  std::vector<ValueByRound> energies_j;
  std::vector<ValueByRound> times_s;
  ValueByRound lengths_s;  // of a dosed window of the round
};

Marginals marginals_of(const std::vector<WeighedPair>& pairs, std::size_t components);

}  // namespace clear_native
