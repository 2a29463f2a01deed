#include "simulated_profile.hpp"

#include <cmath>
#include <cstddef>

#include "core/idle_workload.hpp"

namespace clear_native::testing {
namespace {

constexpr double launch_s = 0.002;

double energy_of(const Load& load) {
  return load.power_w * load.time_s;
}

ProfileTruth truth_of(const std::vector<ProfileTarget>& targets, const SimulatedDevice& device, double mean_c) {
  ProfileTruth truth;
  double sum_j = 0;
  double sum_s = 0;
  Load plain;
  Load preserved;
  for (const ProfileTarget& target : targets) {
    Load load{.power_w = device.idle_truth_w(mean_c), .time_s = 1};
    if (target.role != TargetRole::idle) load = device.truth_of(target.load, mean_c);
    truth.loads.push_back(load);
    if (target.role == TargetRole::plain) plain = load;
    if (target.role == TargetRole::preserved) preserved = load;
    if (target.role == TargetRole::component) {
      sum_j += energy_of(load);
      sum_s += load.time_s;
    }
  }
  truth.energy_closure = sum_j / energy_of(preserved);
  truth.time_closure = sum_s / preserved.time_s;
  truth.perturbation = energy_of(preserved) / energy_of(plain) - 1;
  return truth;
}

}  // namespace

std::vector<ProfileTarget> bert_like_targets() {
  return {
      {"plain", TargetRole::plain, {.power_w = 237, .time_s = 860e-6}},
      {"preserved", TargetRole::preserved, {.power_w = 239, .time_s = 869e-6}},
      {"attention", TargetRole::component, {.power_w = 235, .time_s = 353e-6}},
      {"mlp", TargetRole::component, {.power_w = 270, .time_s = 278e-6}},
      {"norm", TargetRole::component, {.power_w = 150, .time_s = 111e-6}},
      {"lm_head", TargetRole::component, {.power_w = 300, .time_s = 80e-6}},
      {"embedding", TargetRole::component, {.power_w = 140, .time_s = 19e-6}},
      {"other", TargetRole::component, {.power_w = 130, .time_s = 23e-6}},
      {"idle", TargetRole::idle, {}},
  };
}

ProfileRun run_simulated_profile(const std::vector<ProfileTarget>& targets, const DeviceOptions& device_options,
                                 const RoundsOptions& options, const RoundsWatch& watch) {
  const auto clock = std::make_shared<VirtualClock>();
  SimulatedDevice device(clock, device_options);
  VirtualRunner runner(clock);
  std::vector<std::unique_ptr<Workload>> workloads;
  std::vector<Target> native;
  for (const ProfileTarget& target : targets) {
    if (target.role == TargetRole::idle) {
      workloads.push_back(std::make_unique<IdleWorkload>(clock));
    } else {
      workloads.push_back(
          std::make_unique<SimulatedWorkload>(device, target.load, std::ceil(launch_s / target.load.time_s)));
    }
    native.push_back({.name = target.name, .role = target.role, .workload = workloads.back().get()});
  }
  ProfileRun run;
  run.result = run_rounds(runner, device, native, options, watch);
  run.truth = truth_of(targets, device, device.take_mean_temperature_c());
  return run;
}

}  // namespace clear_native::testing
