#pragma once
// The half of a window that keeps the device busy. Runs on the caller's thread.

#include <atomic>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "task_runner.hpp"
#include "window.hpp"
#include "workload.hpp"

namespace clear_native {

class LauncherTask final : public Task {
 public:
  /// Launches until `stop` is set by the other task. Throws Error(interrupted) soon after the watch says so.
  LauncherTask(const Clock& clock, Workload& workload, const Watch& watch, const std::atomic<bool>& stop);

  std::optional<double> step() override;

  /// Share of [begin_s, end_s] in which everything launched had already been done. Valid after the run.
  [[nodiscard]] double idle_fraction(double begin_s, double end_s) const;

 private:
  void look_for_interruption(double now_s);
  void note_idle(double now_s);

  const Clock& clock_;
  Workload& workload_;
  const Watch& watch_;
  const std::atomic<bool>& stop_;
  double passes_expected_;
  double last_launched_s_;
  double next_look_s_;
  bool launched_any_ = false;
  std::vector<std::pair<double, double>> idle_spans_s_;
};

}  // namespace clear_native
