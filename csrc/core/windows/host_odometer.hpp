#pragma once
// The odometer of work that the caller's thread does itself: written by that thread, read by the meter's.

#include <atomic>

#include "clock.hpp"
#include "workload.hpp"

namespace clear_native {

class HostOdometer {
 public:
  HostOdometer() : done_at_s_(clock_.now_s()) {}

  /// Caller's thread: so many more passes are done now.
  void add(double passes) {
    sequence_.fetch_add(1);
    passes_.store(passes_.load() + passes);
    done_at_s_.store(clock_.now_s());
    sequence_.fetch_add(1);
  }

  /// Any thread.
  [[nodiscard]] OdometerReading read() const {
    OdometerReading reading;
    unsigned before = 0;
    do {
      before = sequence_.load();
      reading = {done_at_s_.load(), passes_.load()};
    } while (before % 2 == 1 || before != sequence_.load());
    return reading;
  }

 private:
  SteadyClock clock_;
  std::atomic<unsigned> sequence_{0};  // odd while a pair is being written
  std::atomic<double> passes_{0};
  std::atomic<double> done_at_s_;
};

}  // namespace clear_native
