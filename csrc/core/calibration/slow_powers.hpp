#pragma once
// What makes the same load draw more or less power from window to window: the temperature of the cooler, what ran
// before, and drift. Watts on top of every load alike, as leakage is; fitted to all windows, and taken out.

#include <vector>

#include "core/rounds/observations.hpp"

namespace clear_native {

struct ReferredPowers {
  std::vector<Observations> observations;  // per target; energies as the powers say that are left
  double freedom_lost = 0;                 // of each target's intervals, by what was fitted
  /// Per effect and target: by how many watts its mean would be off if the effect were known wrong by a standard error.
  std::vector<std::vector<double>> uncertain_w;
};

/// All powers referred to one temperature of the cooler, one moment and one power before. A load that draws more is
/// warmer in its own windows too, and leaks more for it: that is part of what it costs, as it is wherever it runs. It
/// is told from the rest by how the mean temperatures of targets go with their mean powers. Windows too few to tell
/// effects from noise are left as they are.
ReferredPowers referred_powers(std::vector<Observations> observations);

}  // namespace clear_native
