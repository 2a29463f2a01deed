#include "report_cases.hpp"

#include "simulated_profile.hpp"
#include "simulated_weighing.hpp"

namespace clear_native::testing {
namespace {

using report::Cost;
using report::ReportFacts;

MeterTraits counter() {
  MeterTraits traits;
  traits.name = "nvml_counter";
  traits.scope = "gpu";
  traits.device = "GPU-1234";
  traits.period_s = 0.1;
  traits.quantum_j = 0.001;
  traits.has_power_samples = true;
  return traits;
}

MeterTraits processor() {
  MeterTraits traits;
  traits.name = "rapl";
  traits.scope = "cpu";
  traits.domains = {"package-0", "package-0/dram"};
  traits.note = "RAPL counts whole packages.";
  return traits;
}

ReportFacts facts_of(const std::vector<ProfileTarget>& targets) {
  ReportFacts facts;
  facts.model = "bert-base";
  facts.method = "partition";
  facts.execution = "graph";
  facts.meter = counter();
  facts.workload.inputs = {{.path = "input_ids", .shape = {1, 128}, .dtype = "torch.int64"}};
  facts.workload.weights_dtype = "torch.float16";
  facts.workload.device = "cuda:0";
  facts.workload.kept_bytes = 12'345;
  facts.workload.replays = {{.target = "plain", .shape = "chain", .passes_per_launch = 3, .time_per_pass_s = 0.000'86}};
  facts.environment = {{"made_at", std::string("2026-11-20T18:00:00+00:00")},
                       {"gpu", std::string("NVIDIA H200")},
                       {"cores", std::int64_t{2}},
                       {"power_limit_w", 700.0},
                       {"persistence_mode", true}};
  facts.options = {{"precision", 0.01}, {"max_time_s", 60.0}};
  facts.synthetic_weights = true;
  for (const ProfileTarget& target : targets) {
    facts.roles[target.name] = target.role;
    if (target.role == TargetRole::component) facts.calls[target.name] = 12;
  }
  return facts;
}

RoundsOptions few_rounds() {
  RoundsOptions options;
  options.min_rounds = 4;
  options.max_rounds = 6;
  options.seed = 18'446'744'073'709'551'615U;
  return options;
}

std::vector<ProfileTarget> named_as_a_tree() {
  std::vector<ProfileTarget> targets = bert_like_targets();
  for (ProfileTarget& target : targets) {
    if (target.name == "attention" || target.name == "mlp") target.name = "encoder." + target.name;
  }
  return targets;
}

/// Groups, costs, a roofline, and a processor beside the GPU.
ReportCase partition() {
  const std::vector<ProfileTarget> targets = named_as_a_tree();
  ReportCase made{.name = "partition",
                  .rounds = run_simulated_profile(targets, {}, few_rounds()).result,
                  .weighing = std::nullopt,
                  .facts = facts_of(targets)};
  made.facts.costs = {{"encoder.attention", Cost{1'000'000'000, 2'000'000'000, 66'000'000}},
                      {"encoder.mlp", Cost{14'500'000'000, 14'500'000'000, 132'000'000}},
                      {"norm", Cost{0, 0, 500'000}}};
  made.facts.limits = report::DeviceLimits{989.5e12, 4.8e12, "float16", "a data sheet", false};
  made.facts.sides = {processor()};
  made.facts.warnings = {"All buffers are kept."};
  made.facts.target_statuses = {{"norm", {"measured_alone"}}};
  double used_j = 30;
  for (Window& window : made.rounds.windows) {
    window.sides = {{.scope = "cpu", .begin_s = window.begin_s, .end_s = window.end_s, .energy_j = used_j += 0.25}};
  }
  return made;
}

/// Components that sum to far too little, at other clocks than the model, with others on the device.
ReportCase not_closed() {
  std::vector<ProfileTarget> targets = bert_like_targets();
  for (ProfileTarget& target : targets) {
    if (target.role == TargetRole::component) target.load.power_w *= 0.8;
    if (target.name == "mlp") target.load.power_w = 690;
    if (target.name == "other") target.load = {.power_w = 124.1, .time_s = 1e-6};
  }
  DeviceOptions device;
  device.disturbances = all_disturbances();
  device.power_cap_w = 236;
  device.tells_power_cap = true;
  device.faults.other_processes = 2;
  device.faults.throttles = {.first_s = 1002, .lasts_s = 1, .every_s = 4};
  ReportCase made{.name = "not_closed",
                  .rounds = run_simulated_profile(targets, device, few_rounds()).result,
                  .weighing = std::nullopt,
                  .facts = facts_of(targets)};
  made.facts.statuses = {"kernels_unchecked"};
  return made;
}

ReportCase weighing() {
  DeviceOptions device;
  device.disturbances = all_disturbances();
  RoundsOptions options = few_rounds();
  options.max_rounds = 10;
  const MixModel model = bert_like_mix();
  ReportCase made{.name = "weighing",
                  .rounds = {},
                  .weighing = run_simulated_weighing(model, device, options).result,
                  .facts = facts_of({})};
  made.facts.method = "in_situ";
  made.facts.roles = {{"plain", TargetRole::plain},
                      {"chain", TargetRole::preserved},
                      {"doubled", TargetRole::doubled},
                      {"idle", TargetRole::idle}};
  made.facts.dosing = {{"cache", std::string("cold")}, {"cache_judged", true}, {"l2_bytes", std::int64_t{62'914'560}}};
  made.facts.costs = {{model.components.front(), Cost{7'850'000'000, 7'850'000'000, 66'000'000}}};
  return made;
}

ReportCase ended(const std::string& name, const DeviceOptions& device, const RoundsWatch& watch) {
  const std::vector<ProfileTarget> targets = bert_like_targets();
  return {.name = name,
          .rounds = run_simulated_profile(targets, device, few_rounds(), watch).result,
          .weighing = std::nullopt,
          .facts = facts_of(targets)};
}

ReportCase interrupted() {
  int done = 0;
  RoundsWatch watch;
  watch.progress = [&done](const Progress& now) { done = now.windows_done; };
  watch.window.interrupted = [&done] { return done >= 14; };
  return ended("interrupted", {}, watch);
}

ReportCase failed() {
  DeviceOptions device;
  device.faults.lost_s = 1010;
  return ended("failed", device, {});
}

ReportCase estimated() {
  ReportCase made = ended("estimated", {}, {});
  made.facts.meter = {};
  made.facts.meter.name = "estimate";
  made.facts.meter.scope = "cpu";
  made.facts.meter.estimated = true;
  made.facts.meter.stated_power_w = 20;
  made.facts.meter.note = "The processor's counter may not be read.";
  made.facts.execution = "eager";
  made.facts.synthetic_weights = std::nullopt;
  made.facts.environment = {};
  made.facts.workload = {};
  return made;
}

/// And a component that costs half as much alone as in the model.
ReportCase too_short() {
  std::vector<ProfileTarget> targets = bert_like_targets();
  for (ProfileTarget& target : targets) {
    if (target.name == "attention") target.load.power_w /= 2;
  }
  RoundsOptions options = few_rounds();
  options.max_time_s = 4;
  options.precision = 1e-5;
  options.precision_of_model = 1e-6;
  return {.name = "too_short",
          .rounds = run_simulated_profile(targets, {}, options).result,
          .weighing = std::nullopt,
          .facts = facts_of(targets)};
}

}  // namespace

report::Report ReportCase::report() const {
  return weighing ? report_from(*weighing, facts) : report_from(rounds, facts);
}

std::vector<ReportCase> report_cases() {
  return {partition(), not_closed(), weighing(), interrupted(), failed(), estimated(), too_short()};
}

}  // namespace clear_native::testing
