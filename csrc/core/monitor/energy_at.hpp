#pragma once
// The energy at any moment between moments at which it is known.

#include <optional>
#include <span>

namespace clear_native {

/// `energy_j` had been spent at `time_s`, a moment that is known to ± `half_width_s`.
struct Knot {
  double time_s = 0;
  double energy_j = 0;
  double half_width_s = 0;
};

struct EnergyAt {
  double energy_j = 0;
  double half_width_j = 0;   // of the 95 % interval
  double knot_before_s = 0;  // the knots that it lies between
  double knot_after_s = 0;
};

/// Between two knots the mean power is known, and that of the stretches before and after. A program's windows begin and
/// end where its load changes: if the mean lies between its neighbours', power is taken to step once from one to the
/// other, where the knots' energy says that it must have. Had it gone up or down gradually, the energy would be between
/// that and the straight line: this is the half-width. A mean outside its neighbours' is a burst or a dip at a place
/// that nobody knows: a straight line, and the half-width is the largest error that it can have, short of powers above
/// twice the highest mean between any two of the knots. Absent where no knot lies before, or none after. `knots` in the
/// order of time.
std::optional<EnergyAt> energy_at(std::span<const Knot> knots, double time_s);

}  // namespace clear_native
