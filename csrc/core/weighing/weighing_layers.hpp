#pragma once
// The energy of single calls, from which cells the rows happened to draw.

#include <cstddef>
#include <vector>

#include "weighed_pairs.hpp"
#include "weighing_estimate.hpp"

namespace clear_native {

/// One call against the mean of its component's.
struct CallDeviation {
  double mean = 0;
  double standard_error = 0;  // of prediction: what shrinking left out is in it
};

/// Each call's deviation from the mean call of its component: best linear unbiased prediction, with the variance
/// between calls and the noise estimated from the pairs themselves (EM). Where the pairs cannot tell calls apart,
/// deviations shrink to zero and the standard error is the spread that calls seem to have. Other components' calls
/// count as noise. `calls`: the component's, as indices into call_doses; `residuals`: of the pairs, what the marginals
/// leave.
std::vector<CallDeviation> call_deviations(const std::vector<WeighedPair>& pairs, const std::vector<double>& residuals,
                                           const std::vector<std::size_t>& calls, double mean_call);

/// Every call of every component. Pairs count for the energies of single calls as they do for those of the components;
/// for times, those at the main speed do.
std::vector<LayerEstimate> estimate_layers(const std::vector<WeighedPair>& pairs, const std::vector<double>& weights,
                                           const WeighingLayout& layout, const std::vector<Interval>& energies_j,
                                           const std::vector<Interval>& times_s);

}  // namespace clear_native
