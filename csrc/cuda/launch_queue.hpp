#pragma once
// At most a few launches queued on one stream.

#include <cuda.h>

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "context.hpp"

namespace clear_native::cuda {

/// Sleeps until everything on the stream is done; returns what it ended with.
CUresult idle_result(CUstream stream) noexcept;

/// The same, and throws what the work failed with.
void wait_until_idle(CUstream stream);

/// Not thread-safe: one caller. All functions make the context current for themselves.
class LaunchQueue {
 public:
  LaunchQueue(std::shared_ptr<const PrimaryContext> context, CUstream stream, int depth);
  ~LaunchQueue();
  LaunchQueue(const LaunchQueue&) = delete;
  LaunchQueue& operator=(const LaunchQueue&) = delete;

  /// At most so many places from now on, if that is fewer: what is queued cannot be called back, so long launches get
  /// two.
  void narrow(int depth) noexcept;
  /// Waits for room, then enqueues. What was queued before stays queued if this throws.
  void launch(CUgraphExec exec);
  /// Sleeps until fewer than `depth` launches are queued, at most so long. Returns whether there is room.
  /// `meanwhile` is called between two looks.
  bool wait_for_room(double at_most_s, const std::function<void()>& meanwhile = {});
  /// Returns when everything on the stream is done. The queue is empty afterwards, also if this throws.
  void drain();
  /// The same, without telling of failures.
  void abandon() noexcept;

 private:
  [[nodiscard]] bool has_room();

  std::shared_ptr<const PrimaryContext> context_;
  CUstream stream_;
  std::vector<CUevent> events_;  // one per place in the queue
  std::size_t places_ = std::numeric_limits<std::size_t>::max();
  std::size_t launched_ = 0;
  std::size_t finished_ = 0;
};

}  // namespace clear_native::cuda
