#pragma once
// Calls something again and again on a thread of its own, for sensors that forget what nobody reads in time.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace clear_native {

class WatchThread {
 public:
  /// `call` runs every `every_s` until this is destroyed. It must neither throw nor call Python.
  WatchThread(double every_s, std::function<void()> call);
  WatchThread(const WatchThread&) = delete;
  WatchThread& operator=(const WatchThread&) = delete;
  WatchThread(WatchThread&&) = delete;
  WatchThread& operator=(WatchThread&&) = delete;
  ~WatchThread();

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace clear_native
