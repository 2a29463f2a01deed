#pragma once
// The windows of one round of a weighing, in the order they run.

#include <cstdint>
#include <memory>
#include <vector>

#include "weighing_design.hpp"
#include "window_runner.hpp"

namespace clear_native {

/// Kinds of windows: 0 dosed, then one per reference.
inline constexpr std::size_t dosed_kind = 0;

/// Of every window of a weighing.
struct WeighingDurations {
  WindowOptions dosed;
  std::vector<WindowOptions> references;  // per reference
  std::vector<int> repeats;               // per reference, in a round
};

WeighingDurations weighing_durations(const std::vector<Target>& references, const RoundsOptions& options,
                                     const MeterTraits& traits);

/// Pairs and references in random order, the two windows of a pair next to each other in random order of their signs.
/// `workloads`: one per row.
std::vector<PlannedWindow> schedule_round(const std::vector<DosedRow>& rows,
                                          const std::vector<std::unique_ptr<Workload>>& workloads,
                                          const std::vector<Target>& references, const WeighingDurations& durations,
                                          std::uint64_t seed, int round);

}  // namespace clear_native
