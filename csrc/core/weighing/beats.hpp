#pragma once
// What a sensor that looks part of the time makes of work that repeats.

#include <vector>

namespace clear_native {

/// For `look_s`, once in every `period_s`, it sees the mean power.
struct SensorLooks {
  double period_s = 0;
  double look_s = 0.2e-3;
};

/// Something that runs, and what the device draws meanwhile.
struct Stretch {
  double time_s = 0;
  double power_w = 0;
};

/// Work that repeats: its stretches in order.
using Pattern = std::vector<Stretch>;

/// How far the mean that such a sensor tells of a window of `window_s` is expected to lie from the true mean of what
/// repeats in it, relative; the root mean square over all phases. Each harmonic of the pattern beats with each harmonic
/// of the looks, and fast beats are averaged out within the window, slow ones are not. 0 for a pattern without time or
/// power.
double expected_beat(const Pattern& pattern, const SensorLooks& looks, double window_s);

}  // namespace clear_native
