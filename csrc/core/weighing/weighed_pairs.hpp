#pragma once
// The foldover pairs of a weighing as numbers, and the marginals of every round.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/rounds/corrected.hpp"
#include "core/rounds/target_estimate.hpp"
#include "timed_windows.hpp"
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
  bool off_speed = false;    // one of its times was not measured at the main speed
  double beat_j = 0;         // so far the sensor's looks are expected to have moved energy_j; 0 where that is not known
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

/// Energies that lie far from what the doses explain are drawn in, those of the half-differences and of the half-sums
/// (see statistics/huber.hpp): where a window's work beats with a sensor that looks at moments only, it can be several
/// times further off than all others, and of a few tens of windows one often is. Times are left as they are.
/// Returns how many half-differences were wild; absent where the pairs are too few to tell.
std::optional<int> tame_energies(std::vector<WeighedPair>& pairs, std::size_t components);

/// Per component and round. All pairs make one regression; a round's value is the slope plus what this round's
/// residuals did to it, scaled so that mean and standard error over rounds are those of the slope (pseudo-values; the
/// cluster-robust variance with the correction for fitted slopes of Bell and McCaffrey 2002). Where every round is a
/// whole design, that is the slope of the round's own pairs. Empty where the pairs do not tell all components apart;
/// one round only where nothing is left to tell noise from.
struct Marginals {
  std::vector<ValueByRound> energies_j;
  std::vector<ValueByRound> times_s;
  std::vector<double> pair_weights;  // that the energies were regressed with
  ValueByRound lengths_s;            // equal for all: what windows of other lengths weigh is in the values
  /// Root mean square of what the slopes leave of the times, for each pair to spare: times are known so well that this
  /// is what doses do beyond their slopes. Absent without pairs to spare.
  std::optional<double> time_scatter_s;
  double spare_pairs = 0;        // more than slopes
  double freedom_lost = 0;       // of intervals over the rounds, for slopes that too few pairs had to tell
  double time_freedom_lost = 0;  // of those of times, where these are single windows'
};

/// `timed`: empty where all windows ran at one speed; else times are these windows', see timed_windows.hpp.
Marginals marginals_of(const std::vector<WeighedPair>& pairs, std::size_t components,
                       const std::vector<TimedWindow>& timed = {});

}  // namespace clear_native
