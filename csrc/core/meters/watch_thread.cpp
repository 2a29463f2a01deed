#include "watch_thread.hpp"

#include <chrono>
#include <utility>

namespace clear_native {

WatchThread::WatchThread(double every_s, std::function<void()> call) {
  thread_ = std::thread([this, every = std::chrono::duration<double>(every_s), call = std::move(call)] {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!wake_.wait_for(lock, every, [this] { return stop_; })) {
      lock.unlock();
      call();
      lock.lock();
    }
  });
}

WatchThread::~WatchThread() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

}  // namespace clear_native
