#pragma once
// Normal noise that is the same on every platform.

#include <cmath>
#include <cstdint>
#include <numbers>

#include "core/rounds/schedule.hpp"

namespace clear_native::testing {

class NormalNoise {
 public:
  explicit NormalNoise(std::uint64_t seed) : random_(seed) {}

  /// In (0, 1).
  double uniform() { return (static_cast<double>(random_.next() >> 11U) + 0.5) * 0x1p-53; }

  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const double radius = std::sqrt(-2 * std::log(uniform()));
    const double angle = 2 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
  }

 private:
  Random random_;
  bool has_spare_ = false;
  double spare_ = 0;
};

/// By how much a mean that forgets moves in a step. Nearly all steps are of the same length.
class Forgetting {
 public:
  explicit Forgetting(double memory_s) : memory_s_(memory_s) {}

  double share(double step_s) {
    if (step_s != last_step_s_) {
      last_step_s_ = step_s;
      share_ = 1 - std::exp(-step_s / memory_s_);
    }
    return share_;
  }

 private:
  double memory_s_;
  double last_step_s_ = -1;
  double share_ = 0;
};

/// Ornstein-Uhlenbeck process: noise that remembers, so that its integral wanders.
class WanderingNoise {
 public:
  WanderingNoise(double deviation, double memory_s) : deviation_(deviation), memory_s_(memory_s) {}

  double advance(double step_s, NormalNoise& noise) {
    if (step_s != last_step_s_) {
      last_step_s_ = step_s;
      keep_ = std::exp(-step_s / memory_s_);
      kick_ = deviation_ * std::sqrt(1 - keep_ * keep_);
    }
    value_ = value_ * keep_ + kick_ * noise.normal();
    return value_;
  }

 private:
  double deviation_;
  double memory_s_;
  double value_ = 0;
  double last_step_s_ = -1;
  double keep_ = 0;
  double kick_ = 0;
};

}  // namespace clear_native::testing
