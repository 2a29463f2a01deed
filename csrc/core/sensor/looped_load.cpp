#include "looped_load.hpp"

#include <exception>
#include <utility>

#include "core/errors.hpp"

namespace clear_native {

LoopedLoad::LoopedLoad(int threads, std::function<void(int)> work, std::function<void()> finish)
    : count_(threads), work_(std::move(work)), finish_(std::move(finish)) {}

LoopedLoad::~LoopedLoad() {
  join();
}

double LoopedLoad::start() {
  if (!threads_.empty()) return clock_.now_s();
  stop_.store(false);
  begun_.store(0);
  work_(0);
  if (finish_) finish_();
  try {
    for (int number = 0; number < count_; ++number) threads_.emplace_back([this, number] { run(number); });
  } catch (...) {  // the system gives no more threads
    join();
    throw;
  }
  for (int begun = begun_.load(); begun < count_; begun = begun_.load()) begun_.wait(begun);
  return clock_.now_s();
}

double LoopedLoad::stop() {
  join();
  const double end_s = clock_.now_s();
  if (const std::string failure = std::exchange(failure_, {}); !failure.empty()) {
    throw Error(ErrorKind::workload_failed, "the load that was to show the sensor ended early (" + failure +
                                                "): see that nothing else uses the device, and measure again");
  }
  return end_s;
}

void LoopedLoad::run(int number) {
  begun_.fetch_add(1);
  begun_.notify_all();
  try {
    while (!stop_.load()) work_(number);
  } catch (const std::exception& error) {  // told by stop(), on the thread that can be told
    keep_failure(error.what());
  }
  try {
    if (finish_) finish_();
  } catch (const std::exception& error) {
    keep_failure(error.what());
  }
}

void LoopedLoad::keep_failure(const std::string& message) {
  const std::lock_guard lock(mutex_);
  if (failure_.empty()) failure_ = message;
}

void LoopedLoad::join() noexcept {
  stop_.store(true);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace clear_native
