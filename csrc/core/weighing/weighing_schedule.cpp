#include "weighing_schedule.hpp"

#include <algorithm>
#include <utility>

#include "core/rounds/schedule.hpp"

namespace clear_native {

namespace {

void settle_after_other(PlannedWindow& window, const WeighingDurations& durations) {
  WindowOptions& options = window.options;
  options.lead_in_min_s = std::max(options.lead_in_min_s, durations.after_other_min_s);
  options.lead_in_max_s = std::max(options.lead_in_max_s, durations.after_other_max_s);
}

}  // namespace

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
  std::vector<PlannedWindow> last;
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (!has_reference(durations, references, i, round)) continue;
    const PlannedWindow window{.target = references[i].name,
                               .workload = references[i].workload,
                               .options = durations.references[i],
                               .kind = dosed_kind + 1 + i};
    if (references[i].role == TargetRole::idle) {
      last.insert(last.end(), static_cast<std::size_t>(durations.repeats[i]), window);
      continue;
    }
    for (int repeat = 0; repeat < durations.repeats[i]; ++repeat) blocks.push_back({window});
  }
  std::vector<PlannedWindow> windows;
  bool after_other = true;
  for (const std::size_t block : round_order(seed, round, blocks.size())) {
    for (PlannedWindow& window : blocks[block]) {
      if (after_other) settle_after_other(window, durations);
      after_other = window.kind != dosed_kind && !is_near_model(references[window.kind - dosed_kind - 1].role);
      windows.push_back(std::move(window));
    }
  }
  windows.insert(windows.end(), last.begin(), last.end());
  return windows;
}

}  // namespace clear_native
