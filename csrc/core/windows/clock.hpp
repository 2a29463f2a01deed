#pragma once
// Time as the engine sees it. All times are seconds on one monotonic clock.

namespace clear_native {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual double now_s() const = 0;
};

/// std::chrono::steady_clock. Odometer stamps, meter readings and power samples are all converted to it.
class SteadyClock final : public Clock {
 public:
  [[nodiscard]] double now_s() const override;
};

}  // namespace clear_native
