#pragma once
// Calls something again and again on a thread of its own, for sensors that forget what nobody reads in time.

#include <sys/types.h>

#include <functional>
#include <memory>
#include <thread>

namespace clear_native {

class WatchThread {
 public:
  /// `call` runs every `every_s` until this is destroyed. It must neither throw nor call Python. In a process forked
  /// from this one the thread is not there; destroying its copy there waits for nothing.
  WatchThread(double every_s, std::function<void()> call);
  WatchThread(const WatchThread&) = delete;
  WatchThread& operator=(const WatchThread&) = delete;
  WatchThread(WatchThread&&) = delete;
  WatchThread& operator=(WatchThread&&) = delete;
  ~WatchThread();

 private:
  struct State;

  std::shared_ptr<State> state_;  // the thread's own too: a forked copy must never be destroyed while it is waited on
  pid_t process_;
  std::thread thread_;
};

}  // namespace clear_native
