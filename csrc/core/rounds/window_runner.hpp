#pragma once
// Runs the windows of one round after the other, repeats those that the sensor spoilt, and knows how long a window
// takes.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rounds.hpp"

namespace clear_native {

/// Whether the sensor failed during the window: it is then worth repeating.
bool is_sensor_failure(const Window& window);

/// A random share of the sensor's step, so that windows do not keep in step with the sensor: a pass or a window near a
/// multiple of the step would beat against it. Depends on seed, round and position alone.
double phase_dither_s(const MeterTraits& traits, std::uint64_t seed, int round, int position);

/// One window to be measured.
struct PlannedWindow {
  std::string target;
  Workload* workload = nullptr;  // borrowed
  WindowOptions options;
  std::size_t kind = 0;  // windows of one kind are expected to take the same besides their measured stretch
  std::optional<std::string> doses = std::nullopt;
};

class WindowRunner {
 public:
  /// What ended a round early.
  enum class End { complete, out_of_time, interrupted, failed };

  /// All borrowed. Time is counted from here. `kinds`: of windows.
  WindowRunner(TaskRunner& runner, EnergyMeter& meter, const RoundsOptions& options, const RoundsWatch& watch,
               RoundsResult& result, std::size_t kinds);

  /// Appends the windows to the result, in this order; on `failed` its failure is filled in. `after_window`: on the
  /// caller's thread after every window, when nothing runs; what it throws passes through.
  End run(int round, const std::vector<PlannedWindow>& windows,
          const std::function<void(const PlannedWindow&)>& after_window = {});

  /// A window that is no part of the result. Absent with `complete`: the sensor failed.
  End run_apart(const PlannedWindow& planned, std::optional<Window>& window);

  /// Expected time of a window of this kind besides its measured stretch; `guess_s` as long as there was none.
  [[nodiscard]] double overhead_s(std::size_t kind, double guess_s) const;
  [[nodiscard]] double elapsed_s() const;

  /// For the progress: how many rounds there will be, how many windows are still to come, and how long that will take
  /// in all.
  void announce_plan(int planned_rounds, int more_windows, double expected_s);
  End fail(ErrorKind kind, const std::string& message);

 private:
  /// again: nothing is wrong but the window; repeat: the sensor failed, and must not do so twice.
  enum class WindowEnd { finished, again, repeat, interrupted, failed };

  /// `again`: it is measured for the second time in its round.
  WindowEnd measure(const PlannedWindow& planned, int round, int position, bool again,
                    const std::function<void(const PlannedWindow&)>& after_window);
  /// measure_window, its errors told.
  WindowEnd try_window(const PlannedWindow& planned, const WindowOptions& options, Window& window);
  /// Whether the device waited for launches, as when the host stalls: much longer than it does in other windows of this
  /// kind. Such a window is of other work than was asked for.
  bool is_starved(const Window& window, std::size_t kind);
  void note_overhead(std::size_t kind, double overhead_s);
  void report(const std::string& target, int round);

  TaskRunner& runner_;
  EnergyMeter& meter_;
  const RoundsOptions& options_;
  const RoundsWatch& watch_;
  RoundsResult& result_;
  MeterTraits traits_;
  double started_s_;
  std::vector<double> overhead_sums_s_;
  std::vector<int> overhead_counts_;
  std::vector<std::vector<double>> idle_fractions_;  // of the windows so far, by kind
  int windows_done_ = 0;
  int planned_windows_ = 0;
  int planned_rounds_ = 0;
  double expected_s_ = 0;
  std::string last_fault_;
};

}  // namespace clear_native
