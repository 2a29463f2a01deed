#include "task_runner.hpp"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace clear_native {
namespace {

/// Lets each of the two threads end the other, and wakes a sleeping one when the other has finished.
class Pair {
 public:
  void finish(bool failed) {
    {
      const std::lock_guard lock(mutex_);
      failed_ = failed_ || failed;
      other_finished_ = true;
    }
    changed_.notify_all();
  }

  [[nodiscard]] bool failed() {
    const std::lock_guard lock(mutex_);
    return failed_;
  }

  /// Returns at `wake_s`, or as soon as the other task fails, or (once, by `woken`) when it finishes.
  void sleep_until(double wake_s, bool& woken) {
    using Clock = std::chrono::steady_clock;
    const auto since_epoch = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(wake_s));
    const Clock::time_point wake{since_epoch};
    if (wake <= Clock::now()) return;
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, wake, [&] { return failed_ || (other_finished_ && !woken); });
    if (other_finished_) woken = true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool failed_ = false;
  bool other_finished_ = false;
};

std::exception_ptr step_until_finished(Task& task, Pair& pair) noexcept {
  try {
    bool woken = false;
    while (!pair.failed()) {
      const std::optional<double> wake_s = task.step();
      if (!wake_s) break;
      pair.sleep_until(*wake_s, woken);
    }
    pair.finish(false);
    return nullptr;
  } catch (...) {  // carried to the caller's thread, nothing is lost
    pair.finish(true);
    return std::current_exception();
  }
}

}  // namespace

void ThreadedRunner::run(Task& foreground, Task& background) {
  Pair pair;
  std::exception_ptr foreground_failure;
  std::exception_ptr background_failure;
  {
    const std::jthread thread([&] { background_failure = step_until_finished(background, pair); });
    foreground_failure = step_until_finished(foreground, pair);
  }
  if (foreground_failure) std::rethrow_exception(foreground_failure);
  if (background_failure) std::rethrow_exception(background_failure);
}

}  // namespace clear_native
