#pragma once
// Runs a window's two tasks on a virtual clock, one step at a time, always the one that is due first.

#include <memory>
#include <optional>

#include "core/windows/clock.hpp"
#include "core/windows/task_runner.hpp"

namespace clear_native::testing {

class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(double now_s = 1000.0) : now_s_(now_s) {}
  [[nodiscard]] double now_s() const override { return now_s_; }
  /// Never goes back.
  void advance_to(double time_s) {
    if (time_s > now_s_) now_s_ = time_s;
  }

 private:
  double now_s_;
};

class VirtualRunner final : public TaskRunner {
 public:
  explicit VirtualRunner(std::shared_ptr<VirtualClock> clock) : clock_(std::move(clock)) {}
  [[nodiscard]] const Clock& clock() const override { return *clock_; }
  void run(Task& foreground, Task& background) override;

 private:
  std::shared_ptr<VirtualClock> clock_;
};

}  // namespace clear_native::testing
