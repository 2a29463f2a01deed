#pragma once
// Rounds of the same targets in random order: what every method but the weighing runs.

#include <cstddef>
#include <vector>

#include "window_runner.hpp"

namespace clear_native {

class RoundRunner {
 public:
  using End = WindowRunner::End;

  /// All borrowed. Time is counted from here.
  RoundRunner(TaskRunner& runner, EnergyMeter& meter, const std::vector<Target>& targets, const RoundsOptions& options,
              const RoundsWatch& watch, RoundsResult& result);

  /// Appends the windows of round `round` to the result; on `failed` its failure is filled in.
  End run(int round, const std::vector<double>& durations_s);

  /// Expected time of a window of this target besides its measured stretch.
  [[nodiscard]] double overhead_s(std::size_t target) const;
  [[nodiscard]] double expected_round_s(const std::vector<double>& durations_s) const;
  [[nodiscard]] double elapsed_s() const { return windows_.elapsed_s(); }
  WindowRunner& windows() { return windows_; }

 private:
  const std::vector<Target>& targets_;
  const RoundsOptions& options_;
  WindowRunner windows_;
};

}  // namespace clear_native
