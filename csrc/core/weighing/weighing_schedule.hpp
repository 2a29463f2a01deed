#pragma once
// The windows of one round of a weighing, in the order they run.

#include <cstdint>
#include <memory>
#include <vector>

#include "core/rounds/window_runner.hpp"
#include "weighing_design.hpp"
#include "weighing_durations.hpp"

namespace clear_native {

/// Kinds of windows: 0 dosed, then one per reference.
inline constexpr std::size_t dosed_kind = 0;

/// Pairs and references in random order, the two windows of a pair next to each other in random order of their signs,
/// and idling last, since the device idles anyway while the workloads of the next round are made.
/// What follows upon idling or upon something unlike the model settles longer, and so does the first window: the
/// workloads of a round are made while nothing runs.
/// `workloads`: one per row.
std::vector<PlannedWindow> schedule_round(const std::vector<DosedRow>& rows,
                                          const std::vector<std::unique_ptr<Workload>>& workloads,
                                          const std::vector<Target>& references, const WeighingDurations& durations,
                                          std::uint64_t seed, int round);

}  // namespace clear_native
