#pragma once
// Windows made by hand for the tests of estimates: no device, no clock.

#include <string>
#include <vector>

#include "core/window.hpp"

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

}  // namespace clear_native::testing
