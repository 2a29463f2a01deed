#pragma once
// Windows of repeating work as a sensor tells them that looks part of the time: no device, no clock.

#include <cmath>
#include <string>

#include "core/rounds/schedule.hpp"
#include "core/weighing/beats.hpp"
#include "core/windows/window.hpp"

namespace clear_native::testing {

inline double uniform(Random& random) {
  return static_cast<double>(random.below(1U << 20U)) / (1U << 20U);
}

inline double period_of(const Pattern& pattern) {
  double period_s = 0;
  for (const Stretch& stretch : pattern) period_s += stretch.time_s;
  return period_s;
}

inline double energy_of(const Pattern& pattern, double until_s) {
  double energy_j = 0;
  for (const Stretch& stretch : pattern) {
    const double within_s = std::min(until_s, stretch.time_s);
    if (within_s <= 0) break;
    energy_j += within_s * stretch.power_w;
    until_s -= stretch.time_s;
  }
  return energy_j;
}

/// Joules from 0 on of a pattern that goes on for ever.
inline double energy_until(const Pattern& pattern, double time_s) {
  const double period_s = period_of(pattern);
  const double whole = std::floor(time_s / period_s);
  return whole * energy_of(pattern, period_s) + energy_of(pattern, time_s - whole * period_s);
}

inline double looked_at(const Pattern& pattern, double begin_s, double look_s) {
  return (energy_until(pattern, begin_s + look_s) - energy_until(pattern, begin_s)) / look_s;
}

/// 16 samples of 20 ms, each the mean of its looks, with so much noise; the pattern begins at `phase_s` after the
/// first. `looks.period_s` 0: each sample is the true mean.
inline Window looked_window(const Pattern& pattern, double passes, const SensorLooks& looks, double noise_w,
                            Random& random) {
  constexpr int samples = 16;
  Window window;
  window.begin_s = 5000 + uniform(random);
  window.end_s = window.begin_s + 0.02 * samples;
  const double phase_s = uniform(random) * period_of(pattern);
  double look_s = uniform(random) * looks.period_s;
  window.power_samples.push_back({.time_s = window.begin_s, .power_w = 0});
  for (int sample = 0; sample < samples; ++sample) {
    double sum_w = 0;
    int count = 0;
    if (looks.period_s <= 0) {
      sum_w = looked_at(pattern, phase_s + 0.02 * sample, 0.02);
      count = 1;
    }
    for (; looks.period_s > 0 && look_s < 0.02 * (sample + 1); look_s += looks.period_s) {
      sum_w += looked_at(pattern, phase_s + look_s, looks.look_s);
      ++count;
    }
    // Some are stamped late, as an H200's are.
    const double late_s = random.below(4) == 0 ? 0.009 * uniform(random) : 0;
    const double noise = noise_w * (uniform(random) + uniform(random) + uniform(random) - 1.5) * 2;
    window.power_samples.push_back(
        {.time_s = window.begin_s + 0.02 * (sample + 1) + late_s, .power_w = sum_w / count + noise});
  }
  for (const double share : {0.0, 0.5, 1.0}) {
    const double time_s = share * 0.02 * samples;
    window.odometer.push_back({.time_s = window.begin_s + time_s,
                               .passes = 70 + passes * (time_s + phase_s - looks.look_s / 2) / period_of(pattern)});
  }
  return window;
}

/// 20 to 30 ms of stretches of 50 to 350 us at 100 to 700 W.
inline Pattern random_pattern(Random& random) {
  Pattern pattern;
  for (int i = 0; i < 100; ++i) {
    pattern.push_back({.time_s = 50e-6 + 300e-6 * uniform(random), .power_w = 100 + 600 * uniform(random)});
  }
  return pattern;
}

}  // namespace clear_native::testing
