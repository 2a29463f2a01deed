#include "window_energy.hpp"

#include <cmath>
#include <cstdio>

#include "meter_follower.hpp"

namespace clear_native {
namespace {

std::string milliseconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g ms", seconds * 1e3);
  return text;
}

WindowEnergy none(std::string status, std::string message) {
  WindowEnergy found;
  found.status = std::move(status);
  found.message = std::move(message);
  return found;
}

bool is_too_short(const EdgeEnergy& begin, const EdgeEnergy& end, double length_s, const MeterTraits& traits) {
  if (followed_period_s(traits) > 0) return end.knot_before_s <= begin.knot_after_s;
  return length_s < 2 * traits.period_s;
}

}  // namespace

WindowEnergy window_energy(const EdgeEnergy& begin, const EdgeEnergy& end, double begin_s, double end_s,
                           const MeterTraits& traits) {
  for (const EdgeEnergy* edge : {&begin, &end}) {
    if (edge->status != "ok") return none(edge->status, edge->message);
  }
  if (begin.series != end.series) return none(end.broken_by, end.broken_message);
  const double length_s = end_s - begin_s;
  if (is_too_short(begin, end, length_s, traits)) {
    return none("too_short", "The window took " + milliseconds(length_s) + ", but the sensor (" + traits.name +
                                 ") tells something new every " + milliseconds(traits.period_s) +
                                 (traits.has_power_samples ? " and has samples every 20 ms" : "") +
                                 ": repeat the work inside the window, or use clear_native.bench.");
  }
  const double energy_j = end.energy_j - begin.energy_j;
  const double half_width_j = std::hypot(begin.half_width_j, end.half_width_j);
  if (!(energy_j > half_width_j)) {
    return none("below_resolution", "The window's energy (" + std::to_string(energy_j) +
                                        " J) is less than its uncertainty (" + std::to_string(half_width_j) +
                                        " J): repeat the work inside the window, or use clear_native.bench.");
  }
  WindowEnergy found;
  found.energy_j = energy_j;
  found.half_width_j = half_width_j;
  return found;
}

}  // namespace clear_native
