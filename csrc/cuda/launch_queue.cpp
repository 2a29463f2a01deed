#include "launch_queue.hpp"

#include <chrono>
#include <string>
#include <thread>

#include "core/errors.hpp"
#include "driver.hpp"

namespace clear_native::cuda {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kNap = std::chrono::microseconds(50);  // short beside a launch of 2 ms, long beside a query

}  // namespace

CUresult idle_result(CUstream stream) noexcept {
  for (;;) {
    const CUresult result = driver().StreamQuery(stream);
    if (result != CUDA_ERROR_NOT_READY) return result;
    std::this_thread::sleep_for(kNap);
  }
}

void wait_until_idle(CUstream stream) {
  check(idle_result(stream), "waiting for the GPU");
}

LaunchQueue::LaunchQueue(std::shared_ptr<const PrimaryContext> context, CUstream stream, int depth)
    : context_(std::move(context)), stream_(stream) {
  if (depth < 1) {
    throw Error(ErrorKind::bad_input,
                "A launch queue of depth " + std::to_string(depth) + " was asked for; at least 1.");
  }
  const ContextScope scope(*context_);
  events_.reserve(static_cast<std::size_t>(depth));
  for (int i = 0; i < depth; ++i) {
    CUevent event = nullptr;
    const CUresult result = driver().EventCreate(&event, CU_EVENT_DISABLE_TIMING);
    if (result != CUDA_SUCCESS) {
      for (CUevent made : events_) driver().EventDestroy(made);
      check(result, "creating an event");
    }
    events_.push_back(event);
  }
}

LaunchQueue::~LaunchQueue() {
  for (CUevent event : events_) driver().EventDestroy(event);
}

bool LaunchQueue::has_room() {
  while (finished_ < launched_) {
    const CUresult result = driver().EventQuery(events_[finished_ % events_.size()]);
    if (result == CUDA_ERROR_NOT_READY) break;
    check(result, "running a replay");
    ++finished_;
  }
  return launched_ - finished_ < std::min(events_.size(), places_);
}

void LaunchQueue::narrow(int depth) noexcept {
  places_ = std::min(places_, static_cast<std::size_t>(std::max(1, depth)));
}

bool LaunchQueue::wait_for_room(double at_most_s, const std::function<void()>& meanwhile) {
  const ContextScope scope(*context_);
  const auto until = Clock::now() + std::chrono::duration<double>(at_most_s);
  while (!has_room()) {
    if (Clock::now() >= until) return false;
    if (meanwhile) meanwhile();
    std::this_thread::sleep_for(kNap);
  }
  return true;
}

void LaunchQueue::launch(CUgraphExec exec) {
  const ContextScope scope(*context_);
  while (!has_room()) std::this_thread::sleep_for(kNap);
  check(driver().GraphLaunch(exec, stream_), "launching a replay");
  check(driver().EventRecord(events_[launched_ % events_.size()], stream_), "recording an event behind a replay");
  ++launched_;
}

void LaunchQueue::drain() {
  const ContextScope scope(*context_);
  finished_ = launched_;
  wait_until_idle(stream_);
}

void LaunchQueue::abandon() noexcept {
  finished_ = launched_;
  // Without its context there is no work either.
  if (driver().CtxPushCurrent(context_->handle()) != CUDA_SUCCESS) return;
  idle_result(stream_);
  CUcontext popped = nullptr;
  driver().CtxPopCurrent(&popped);
}

}  // namespace clear_native::cuda
