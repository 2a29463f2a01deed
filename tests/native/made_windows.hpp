#pragma once
// Windows made by hand for the tests of estimates: no device, no clock.

#include <string>
#include <vector>

#include "core/windows/window.hpp"

namespace clear_native::testing {

inline Window made_window(const std::string& target, int round, double middle_s, double energy_j, double time_s,
                          double length_s = 0.2) {
  Window window;
  window.target = target;
  window.round = round;
  window.begin_s = middle_s - length_s / 2;
  window.end_s = middle_s + length_s / 2;
  window.energy_per_pass_j = energy_j;
  window.energy_per_pass_samples_j = energy_j;
  window.time_per_pass_s = time_s;
  window.sensor_used = SensorUsed::samples;
  return window;
}

/// Gives the window readings of both sensors: 20 ms samples of `power_w`, and two ticks 100 ms apart of `ratio` times
/// it.
inline void add_readings(Window& window, double power_w, double ratio) {
  for (int i = 0; i <= 10; ++i) window.power_samples.push_back({window.begin_s + 0.02 * i, power_w});
  window.ticks = {{.time_s = window.begin_s + 0.05, .energy_j = 1000, .passes = 0},
                  {.time_s = window.begin_s + 0.15, .energy_j = 1000 + 0.1 * power_w * ratio, .passes = 1}};
}

}  // namespace clear_native::testing
