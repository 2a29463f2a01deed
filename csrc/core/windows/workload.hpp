#pragma once
// Something that can be run again and again: a CUDA replay, an eager Python callable, idling, a simulated component.

#include <cstdint>
#include <string>

namespace clear_native {

/// The odometer: how far the device is, without a synchronize. `passes` were done at `time_s`, the moment of the last
/// count (not of the reading), so that interpolating between two readings is exact for a steady replay.
struct OdometerReading {
  double time_s = 0;
  double passes = 0;
};

class Workload {
 public:
  virtual ~Workload() = default;

  /// Passes in one launch (K).
  [[nodiscard]] virtual double passes_per_launch() const = 0;

  /// Caller's thread. Enqueues one launch. An eager workload runs it to its end; a GPU workload returns at once.
  virtual void launch() = 0;

  /// Caller's thread. Whether fewer than the bounded number of launches are queued. May block for at most 50 ms
  /// until there is room; a simulated workload does not block and sets `look_again_s` to the time to ask again.
  virtual bool wait_for_room(double& look_again_s) = 0;

  /// Any thread, lock-free or nearly so, never Python. Passes done since construction; never goes back.
  [[nodiscard]] virtual OdometerReading odometer() const = 0;

  /// Caller's thread. Returns when everything launched is done. Called on every way out of a window.
  virtual void drain() = 0;
};

}  // namespace clear_native
