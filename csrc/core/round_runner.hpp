#pragma once
// Runs the windows of one round after the other, and knows how long a window takes.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "rounds.hpp"

namespace clear_native {

/// Whether the sensor failed during the window: it is then worth repeating.
bool is_sensor_failure(const Window& window);

class RoundRunner {
 public:
  /// What ended a round early.
  enum class End { complete, out_of_time, interrupted, failed };

  /// All borrowed. Time is counted from here.
  RoundRunner(TaskRunner& runner, EnergyMeter& meter, const std::vector<Target>& targets, const RoundsOptions& options,
              const RoundsWatch& watch, RoundsResult& result);

  /// Appends the windows of round `round` to the result; on `failed` its failure is filled in.
  End run(int round, const std::vector<double>& durations_s);

  /// Expected time of a window of this target besides its measured stretch.
  [[nodiscard]] double overhead_s(std::size_t target) const;
  [[nodiscard]] double expected_round_s(const std::vector<double>& durations_s) const;
  [[nodiscard]] double elapsed_s() const;

  /// For the progress: how many rounds there will be, and how long that will take in all.
  void announce_plan(int planned_rounds, double expected_s);

 private:
  enum class WindowEnd { finished, repeat, interrupted, failed };

  WindowEnd measure(std::size_t target, int round, int position, double duration_s);
  void note_overhead(std::size_t target, double overhead_s);
  void report(std::size_t target, int round);
  End fail(ErrorKind kind, const std::string& message);

  TaskRunner& runner_;
  EnergyMeter& meter_;
  const std::vector<Target>& targets_;
  const RoundsOptions& options_;
  const RoundsWatch& watch_;
  RoundsResult& result_;
  double started_s_;
  std::vector<double> overhead_sums_s_;
  std::vector<int> overhead_counts_;
  int windows_done_ = 0;
  int planned_rounds_ = 0;
  double expected_s_ = 0;
  std::string last_fault_;
};

}  // namespace clear_native
