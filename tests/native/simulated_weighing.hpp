#pragma once
// A whole weighing of a model on the simulated device, and the truth of it.

#include <vector>

#include "core/weighing/weighing.hpp"
#include "simulated_mix.hpp"

namespace clear_native::testing {

struct WeighingTruth {
  std::vector<double> energies_j;  // marginal, per component, at the profile's mean temperature
  std::vector<double> times_s;
  std::vector<double> layer_energies_j;  // per call, components in order
  double chain_energy_j = 0;
  double energy_closure = 0;
  double time_closure = 0;
  double homogeneity = 0;
};

struct WeighingRun {
  WeighingResult result;
  WeighedRounds estimate;  // of the result's windows, with the marginals that are not resolved too
  WeighingTruth truth;
};

/// The chain costs so much more than the plain model.
inline constexpr double simulated_perturbation = 0.02;

/// References: plain, chain, doubled, idle.
WeighingRun run_simulated_weighing(const MixModel& model, const DeviceOptions& device_options,
                                   const RoundsOptions& options, const RoundsWatch& watch = {});

}  // namespace clear_native::testing
