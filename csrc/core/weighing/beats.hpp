#pragma once
// What a sensor that looks part of the time makes of work that repeats.

#include <vector>

namespace clear_native {

/// For `look_s`, once in every `period_s`, it sees the mean power.
struct SensorLooks {
  double period_s = 0;
  double look_s = 0.2e-3;
  /// Of a look's moment, its standard deviation: on an H200 beats of 2.5 kHz were seen with 0.6 of their amplitude.
  double unsteady_s = 65e-6;
};

/// Something that runs, and what the device draws meanwhile.
struct Stretch {
  double time_s = 0;
  double power_w = 0;
};

/// Work that repeats: its stretches in order.
using Pattern = std::vector<Stretch>;

/// How far the mean that such a sensor tells of a window is expected to lie from the true mean of what repeats in it,
/// relative; root mean squares over all phases.
struct LookError {
  double beat = 0;     // harmonics of the pattern that beat slowly with harmonics of the looks
  double scatter = 0;  // what changes so fast that the looks' own unsteadiness makes chance of it
};

/// Of windows of `window_s`. `unsure`: so far, relative, the pattern's period may be off; the beat is then the root
/// mean square over what lies within. Nothing for a pattern without time or power.
LookError look_error(const Pattern& pattern, const SensorLooks& looks, double window_s, double unsure = 0);

/// The length from `shortest_s` to `longest_s` of a window of this in which its beats are averaged out best: a whole
/// number of the slowest one.
double quietest_length_s(const Pattern& pattern, const SensorLooks& looks, double shortest_s, double longest_s);

}  // namespace clear_native
