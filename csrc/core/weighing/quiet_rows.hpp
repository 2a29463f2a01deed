#pragma once
// Rows whose windows do not beat with the sensor.

#include <cstdint>
#include <optional>
#include <vector>

#include "core/rounds/target_roles.hpp"
#include "core/windows/window.hpp"
#include "dosed_workloads.hpp"
#include "sensor_looks.hpp"
#include "weighing_design.hpp"
#include "weighing_estimate.hpp"

namespace clear_native {

/// Which cells of a component take a dose is drawn at random, and what a part-time sensor makes of two draws can differ
/// by more than all other noise. Once it is known when the sensor looks, and what each call takes, several draws are
/// made for each pair, and the one that it is expected to see best is taken. The signs of the components do not depend
/// on it; their doses are near the fraction in each draw, and are taken as drawn.
class QuietRows {
 public:
  QuietRows(const WeighingLayout& layout, const DosedWorkloads& dosed);

  /// Whether there may be something to learn that is not known yet. Not where the unrolled passes take long: looks see
  /// such work evenly, and drawing would take longer than it saves.
  [[nodiscard]] bool wants_to_learn() const noexcept { return !chain_.empty() && !looks_; }

  /// From the dosed windows so far and what they say of the components. Nothing is learnt where the workloads do not
  /// tell what runs when, or the samples do not tell when the sensor looks; what was learnt before stays then.
  void learn(const std::vector<Window>& windows, const WeighedRounds& estimate);

  /// Notes in every dosed window, and in those of the model, how far it is expected to be off; nothing where nothing
  /// was learnt.
  void mark(std::vector<Window>& windows, const std::vector<TargetInfo>& references) const;

  [[nodiscard]] const std::optional<SensorLooks>& looks() const noexcept { return looks_; }

  /// For windows in which every call runs once, a pass in `time_per_pass_s`: between the two lengths the one in which
  /// its beats are averaged out best. The shortest one where nothing was learnt.
  [[nodiscard]] double quietest_chain_s(double time_per_pass_s, double shortest_s, double longest_s) const;

  /// Those of `rows_of_round`, or quieter ones for windows of `window_s`.
  [[nodiscard]] std::vector<DosedRow> rows(double fraction, int pairs_per_round, std::uint64_t seed, int round,
                                           double window_s) const;

 private:
  [[nodiscard]] Pattern pattern_of(const std::vector<double>& call_power_w, const std::vector<double>& stretch,
                                   const Doses& doses) const;
  [[nodiscard]] Pattern pattern_of_chain(double time_per_pass_s) const;  // a pass in which every call runs once
  [[nodiscard]] double error_of(const Doses& doses, double window_s) const;

  const WeighingLayout& layout_;
  const DosedWorkloads& dosed_;
  std::vector<CallRun> chain_;  // every call once; empty: the workloads do not tell
  std::optional<SensorLooks> looks_;
  std::vector<double> power_w_;  // per call
  std::vector<double> stretch_;  // per call: its time in the running model over what the workloads tell
};

}  // namespace clear_native
