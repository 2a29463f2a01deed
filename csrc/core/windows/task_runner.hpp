#pragma once
// Runs a window's two activities, launching and metering, side by side: on two threads in real time, or
// interleaved deterministically on a virtual clock (tests). Both are written as steps that say when to step again.

#include <optional>

#include "clock.hpp"

namespace clear_native {

class Task {
 public:
  virtual ~Task() = default;
  /// Does what is due and returns when to be stepped again (a time in the past: at once); absent: finished.
  /// May be stepped early once, when the other task has finished.
  virtual std::optional<double> step() = 0;
};

class TaskRunner {
 public:
  virtual ~TaskRunner() = default;
  [[nodiscard]] virtual const Clock& clock() const = 0;
  /// Steps `foreground` on the caller's thread and `background` beside it, until both are finished.
  /// What either throws ends both and is thrown on the caller's thread (the foreground's first).
  virtual void run(Task& foreground, Task& background) = 0;
};

/// Real time: the background task has a thread of its own.
class ThreadedRunner final : public TaskRunner {
 public:
  [[nodiscard]] const Clock& clock() const override { return clock_; }
  void run(Task& foreground, Task& background) override;

 private:
  SteadyClock clock_;
};

}  // namespace clear_native
