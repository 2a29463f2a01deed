#include "watch_thread.hpp"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace clear_native {

struct WatchThread::State {
  std::mutex mutex;
  std::condition_variable wake;
  bool stop = false;
};

WatchThread::WatchThread(double every_s, std::function<void()> call)
    : state_(std::make_shared<State>()), process_(getpid()) {
  thread_ = std::thread([state = state_, every = std::chrono::duration<double>(every_s), call = std::move(call)] {
    std::unique_lock<std::mutex> lock(state->mutex);
    while (!state->wake.wait_for(lock, every, [&] { return state->stop; })) {
      lock.unlock();
      call();
      lock.lock();
    }
  });
}

WatchThread::~WatchThread() {
  if (getpid() != process_) {
    thread_.detach();
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stop = true;
  }
  state_->wake.notify_all();
  thread_.join();
}

}  // namespace clear_native
