#pragma once
// In situ: every component's marginal cost inside the running model, by weighing them all together.

#include <cstddef>
#include <optional>

#include "core/rounds/rounds.hpp"
#include "dosed_workloads.hpp"
#include "sensor_looks.hpp"
#include "weighing_estimate.hpp"

namespace clear_native {

struct WeighingResult {
  RoundsResult rounds;  // targets: the references as given, then one per component of the layout
  WeighingEstimate weighing;
  double fraction = 0;
  int passes = 0;
  std::optional<SensorLooks> looks;  // found, and from then on rows were drawn so that they beat little with them
  std::size_t changed_buffers = 0;   // at most, after any dosed window: buffers that no dose may change, and one did
};

/// Rounds of reference windows and of dosed windows, drawn and built afresh in every round. References: plain,
/// preserved (every call once: what the closure is against; it runs `chain_windows` times a round), doubled, idle, and
/// components that cannot be dosed. The two windows of a foldover pair run next to each other.
/// One window of the model comes before the first round and is kept out of the result: it warms the device up and tells
/// how long the windows must be. Throws Error(bad_input) for impossible options, references or layouts, and where a
/// round cannot fit into max_time.
/// Every Error after that is told in the result, and the finished windows are kept.
WeighingResult run_weighing(TaskRunner& runner, EnergyMeter& meter, const std::vector<Target>& references,
                            const WeighingLayout& dosable, DosedWorkloads& dosed, const RoundsOptions& options,
                            const RoundsWatch& watch);

}  // namespace clear_native
