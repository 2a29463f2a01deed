#include "simulated_weighing.hpp"

#include "core/windows/idle_workload.hpp"

namespace clear_native::testing {
namespace {

double energy_of(const Load& load) {
  return load.power_w * load.time_s;
}

/// With the carry-over everything costs more than by itself, by what the model's own power makes of it.
double carried(const DeviceOptions& options, double model_w) {
  if (!options.disturbances.carry_over) return 1;
  double power_w = model_w;
  for (int i = 0; i < 20; ++i) power_w = model_w * (1 + carry_over_per_w * (power_w - options.idle_power_w));
  return power_w / model_w;
}

WeighingTruth truth_of(const MixModel& model, const SimulatedDevice& device, const DeviceOptions& options,
                       double mean_c) {
  const Load chain = model.load_of_doses(uniform_doses(model, 0));
  const Load doubled = model.load_of_doses(uniform_doses(model, 1));
  const double warm = device.truth_of({.power_w = 1, .time_s = 1}, mean_c).power_w;
  const double factor = warm * carried(options, chain.power_w * warm);
  WeighingTruth truth;
  double sum_j = 0;
  double sum_s = 0;
  for (std::size_t i = 0; i < model.components.size(); ++i) {
    const Load marginal = model.marginal_of_component(i);
    truth.energies_j.push_back(energy_of(marginal) * factor);
    truth.times_s.push_back(marginal.time_s);
    sum_j += energy_of(marginal);
    sum_s += marginal.time_s;
    for (std::size_t call = 0; call < model.calls.size(); ++call) {
      if (model.calls[call].component != i) continue;
      truth.layer_energies_j.push_back(energy_of(model.marginal_of_call(call)) * factor);
    }
  }
  truth.chain_energy_j = energy_of(chain) * factor;
  truth.energy_closure = sum_j / energy_of(chain);
  truth.time_closure = sum_s / chain.time_s;
  truth.homogeneity = energy_of(doubled) / energy_of(chain) / 2;
  return truth;
}

}  // namespace

WeighingRun run_simulated_weighing(const MixModel& model, const DeviceOptions& device_options,
                                   const RoundsOptions& options, const RoundsWatch& watch) {
  const auto clock = std::make_shared<VirtualClock>();
  SimulatedDevice device(clock, device_options);
  VirtualRunner runner(clock);
  SimulatedDosed dosed(device, model);
  Load less = model.load_of_doses(uniform_doses(model, 0));
  less.time_s /= 1 + simulated_perturbation;
  SimulatedWorkload plain(device, less, model.passes);
  if (device.looks_part_time()) plain.set_shape(model.shape_of_doses(uniform_doses(model, 0)));
  const std::unique_ptr<Workload> chain = dosed.make(uniform_doses(model, 0));
  const std::unique_ptr<Workload> doubled = dosed.make(uniform_doses(model, 1));
  IdleWorkload idle(clock);
  const std::vector<Target> references = {{.name = "plain", .role = TargetRole::plain, .workload = &plain},
                                          {.name = "chain", .role = TargetRole::preserved, .workload = chain.get()},
                                          {.name = "doubled", .role = TargetRole::doubled, .workload = doubled.get()},
                                          {.name = "idle", .role = TargetRole::idle, .workload = &idle}};
  WeighingLayout layout = model.layout();
  layout.uniform_pairs = options.uniform_pairs;
  if (!dosed.runs(uniform_doses(model, 0)).empty()) {  // as the weighing itself does
    for (const MixCall& call : model.calls) layout.weight_of_call.push_back(call.time_s);
  }
  WeighingRun run;
  run.result = run_weighing(runner, device, references, model.layout(), dosed, options, watch);
  run.estimate = estimate_weighing(run.result.rounds.windows, infos_of(references), layout, precision_rule(options));
  run.truth = truth_of(model, device, device_options, device.take_mean_temperature_c());
  return run;
}

}  // namespace clear_native::testing
