#pragma once
// A whole profile of a model like BERT-base on the simulated device, and the truth of it.

#include <memory>
#include <string>
#include <vector>

#include "core/rounds/rounds.hpp"
#include "simulated_device.hpp"

namespace clear_native::testing {

struct ProfileTarget {
  std::string name;
  TargetRole role = TargetRole::component;
  Load load;
};

/// Plain, preserved, six components and idle; energies near those of BERT-base, fp16, 1x128 on an H200. The components'
/// energies sum to 98.6 % of the preserved model's.
std::vector<ProfileTarget> bert_like_targets();

struct ProfileTruth {
  std::vector<Load> loads;  // per target: power and time at the profile's mean temperature; idle: watts and 1 s
  double energy_closure = 0;
  double time_closure = 0;
  double perturbation = 0;
};

struct ProfileRun {
  RoundsResult result;
  ProfileTruth truth;
};

ProfileRun run_simulated_profile(const std::vector<ProfileTarget>& targets, const DeviceOptions& device_options,
                                 const RoundsOptions& options, const RoundsWatch& watch = {});

}  // namespace clear_native::testing
