#pragma once
// Work that threads do again and again until they are told to stop.

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/windows/clock.hpp"

namespace clear_native {

class LoopedLoad {
 public:
  /// `work`, a few milliseconds of it, is called with the thread's number from each thread; `finish` from each when it
  /// stops, and returns when the device is idle. Both throw Error alone.
  LoopedLoad(int threads, std::function<void(int)> work, std::function<void()> finish = {});
  ~LoopedLoad();
  LoopedLoad(const LoopedLoad&) = delete;
  LoopedLoad& operator=(const LoopedLoad&) = delete;

  /// Returns when all threads run, and that moment. Throws what the work throws: it is done once before its time
  /// counts, since much is slower at its first use. Does nothing where it runs already.
  double start();
  /// Returns when all threads have ended, and that moment. Throws Error(workload_failed) where the work failed.
  double stop();

 private:
  void run(int number);
  void join() noexcept;
  void keep_failure(const std::string& message);

  SteadyClock clock_;
  int count_;
  std::function<void(int)> work_;
  std::function<void()> finish_;
  std::atomic<bool> stop_{false};
  std::atomic<int> begun_{0};
  std::mutex mutex_;
  std::string failure_;  // of the first thread that failed; empty: none
  std::vector<std::thread> threads_;
};

}  // namespace clear_native
