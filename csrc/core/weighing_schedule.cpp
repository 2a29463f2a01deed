#include "weighing_schedule.hpp"

#include <algorithm>
#include <utility>

#include "schedule.hpp"

namespace clear_native {

WeighingDurations weighing_durations(const std::vector<Target>& references, const RoundsOptions& options,
                                     const MeterTraits& traits) {
  const double shortest_s = shortest_window_s(traits);
  WeighingDurations durations;
  durations.dosed = options.window;
  durations.dosed.duration_s = std::max(options.dosed_duration_s, shortest_s);
  durations.dosed.lead_in_min_s = options.dosed_lead_in_s;
  durations.dosed.lead_in_max_s = options.dosed_lead_in_s;
  for (const Target& reference : references) {
    WindowOptions window = options.window;
    window.duration_s = reference.duration_s.value_or(std::max(options.reference_duration_s, shortest_s));
    durations.references.push_back(window);
    durations.repeats.push_back(reference.role == TargetRole::preserved ? options.chain_windows : 1);
  }
  return durations;
}

std::vector<PlannedWindow> schedule_round(const std::vector<DosedRow>& rows,
                                          const std::vector<std::unique_ptr<Workload>>& workloads,
                                          const std::vector<Target>& references, const WeighingDurations& durations,
                                          std::uint64_t seed, int round) {
  std::vector<std::vector<PlannedWindow>> blocks;
  Random random(seed ^ 0x8EBC6AF09C88C6E3ULL ^ (static_cast<std::uint64_t>(round) * 0xD1342543DE82EF95ULL));
  for (std::size_t row = 0; row + 1 < rows.size(); row += 2) {
    std::vector<PlannedWindow> pair;
    for (const std::size_t i : {row, row + 1}) {
      pair.push_back({.target = row_name(rows[i].pair, rows[i].sign),
                      .workload = workloads[i].get(),
                      .options = durations.dosed,
                      .kind = dosed_kind,
                      .doses = doses_text(rows[i].doses)});
    }
    if (random.below(2) == 1) std::swap(pair[0], pair[1]);
    blocks.push_back(std::move(pair));
  }
  for (std::size_t i = 0; i < references.size(); ++i) {
    const PlannedWindow window{.target = references[i].name,
                               .workload = references[i].workload,
                               .options = durations.references[i],
                               .kind = dosed_kind + 1 + i};
    for (int repeat = 0; repeat < durations.repeats[i]; ++repeat) blocks.push_back({window});
  }
  std::vector<PlannedWindow> windows;
  for (const std::size_t block : round_order(seed, round, blocks.size())) {
    for (PlannedWindow& window : blocks[block]) windows.push_back(std::move(window));
  }
  return windows;
}

}  // namespace clear_native
