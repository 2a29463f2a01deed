#pragma once
// How long the windows of a weighing are, and how much of them is left out at their beginning.

#include <cstddef>
#include <optional>
#include <vector>

#include "core/rounds/rounds.hpp"

namespace clear_native {

/// Of every window of a weighing.
struct WeighingDurations {
  WindowOptions dosed;
  std::vector<WindowOptions> references;  // per reference
  std::vector<int> repeats;               // per reference, in a round that has it
  std::vector<int> every;                 // per reference: so many-th rounds have it
  WindowOptions probe;                    // of the model, before the first round
  /// The lead-in of a window before which the device idled or ran something unlike the model: the power has farther to
  /// go than between two mixes.
  double after_other_min_s = 0;
  double after_other_max_s = 0;
};

/// What one window of the model told before the first round; absent: it did not tell.
struct Probed {
  std::optional<double> launch_s = std::nullopt;
  bool power_capped = false;
};

/// Whether this round has windows of this reference. What nothing else is set against in the same round need not be in
/// all of them: everything doubled and idling take turns.
bool has_reference(const WeighingDurations& durations, const std::vector<Target>& references, std::size_t reference,
                   int round);

/// Runs much what dosed windows run.
bool is_near_model(TargetRole role);

/// A meter that follows at once, such as an estimate, needs no lead-in and no long windows: what is asked for counts
/// there only as far as it is shorter.
WeighingDurations weighing_durations(const std::vector<Target>& references, const RoundsOptions& options,
                                     const MeterTraits& traits);

/// Several launches of the model in every window of something like it. At the power cap windows settle slower, and
/// longer ones are worth their time as far as `min_rounds` of them fit into `left_s`. `rows`: dosed windows of a round.
WeighingDurations probed_durations(WeighingDurations durations, const std::vector<Target>& references,
                                   const RoundsOptions& options, const MeterTraits& traits, const Probed& probed,
                                   std::size_t rows, double left_s);

/// What a round takes at the very least: measured stretches and the shortest lead-ins.
double shortest_round_s(const WeighingDurations& durations, std::size_t rows);

}  // namespace clear_native
