#pragma once
// What the marginals sum up to, and how far the model is from the conditions under which they must sum to the whole.

#include <vector>

#include "core/rounds/corrected.hpp"
#include "weighed_pairs.hpp"
#include "weighing_estimate.hpp"

namespace clear_native {

/// Fills in closures, perturbation, homogeneity, curvature and interactions. `corrected`: the references first.
void estimate_weighing_closures(WeighedRounds& result, const std::vector<TargetInfo>& references,
                                const Corrected& corrected, const Marginals& marginals,
                                const std::vector<WeighedPair>& pairs);

}  // namespace clear_native
