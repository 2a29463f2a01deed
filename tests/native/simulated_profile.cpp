#include "simulated_profile.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/windows/idle_workload.hpp"

namespace clear_native::testing {
namespace {

constexpr double launch_s = 0.002;

double energy_of(const Load& load) {
  return load.power_w * load.time_s;
}

/// With the carry-over a target has no energy of its own: it depends on what ran before, and while it runs that fades
/// into what it draws itself. Before it ran the model, `before_w`: that is what an energy inside a model means.
double carry_over_factor(const std::vector<Window>& windows, const std::string& target, double power_w, double before_w,
                         double idle_power_w) {
  double fading = 0;  // mean over the measured stretches of what is left of the power before
  int own = 0;
  for (const Window& window : windows) {
    if (window.target != target) continue;
    const double length_s = window.end_s - window.begin_s;
    const double left_at_begin = std::exp(-window.lead_in_s / carry_over_memory_s);
    fading += left_at_begin * (1 - std::exp(-length_s / carry_over_memory_s)) * carry_over_memory_s / length_s;
    ++own;
  }
  fading /= std::max(1, own);
  return 1 + carry_over_per_w * (power_w + (before_w - power_w) * fading - idle_power_w);
}

ProfileTruth truth_of(const std::vector<ProfileTarget>& targets, const SimulatedDevice& device,
                      const DeviceOptions& options, const std::vector<Window>& windows, double mean_c) {
  ProfileTruth truth;
  double sum_j = 0;
  double sum_s = 0;
  Load plain;
  Load preserved;
  double model_w = 0;
  for (const ProfileTarget& target : targets) {
    if (target.role == TargetRole::preserved) model_w = device.truth_of(target.load, mean_c).power_w;
  }
  for (const ProfileTarget& target : targets) {
    Load load{.power_w = device.idle_truth_w(mean_c), .time_s = 1};
    if (target.role != TargetRole::idle) load = device.truth_of(target.load, mean_c);
    if (options.disturbances.carry_over) {
      load.power_w *= carry_over_factor(windows, target.name, load.power_w, model_w, options.idle_power_w);
    }
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
  run.truth = truth_of(targets, device, device_options, run.result.windows, device.take_mean_temperature_c());
  return run;
}

}  // namespace clear_native::testing
