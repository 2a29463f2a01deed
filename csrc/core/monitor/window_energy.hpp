#pragma once
// The energy of one meter between two edges, or why there is none.

#include <optional>
#include <string>

#include "core/meters/meter.hpp"
#include "edge.hpp"

namespace clear_native {

struct WindowEnergy {
  std::string status = "ok";  // too_short, below_resolution, counter_stalled, counter_went_back, meter_failed, closed
  std::string message;
  std::optional<double> energy_j;
  std::optional<double> half_width_j;  // of the 95 % interval; with the energy
};

/// A counter that changes every so often tells something of a window only if a stretch between two moments at which it
/// is known lies wholly inside. `begin_s` and `end_s` are the edges' times.
WindowEnergy window_energy(const EdgeEnergy& begin, const EdgeEnergy& end, double begin_s, double end_s,
                           const MeterTraits& traits);

}  // namespace clear_native
