#include "from_rounds.hpp"

#include <algorithm>
#include <cmath>

#include "core/rounds/side_estimate.hpp"
#include "verdicts.hpp"

namespace clear_native::report {
namespace {

/// A number and its half-width; a meaningless number is not kept.
void take(const std::optional<Interval>& interval, std::optional<double>& mean, std::optional<double>& half_width,
          std::int64_t& rounds) {
  if (!interval) return;
  mean = interval->mean;
  half_width = interval->half_width;
  rounds = std::max<std::int64_t>(rounds, interval->rounds);
}

/// A marginal time or power of a small component can come out below 0: noise, and no number.
std::optional<Interval> positive(const std::optional<Interval>& interval) {
  return interval && interval->mean > 0 ? interval : std::nullopt;
}

void take_numbers(const TargetEstimate& target, const ReportFacts& facts, ModelResult& into) {
  const auto add = [&into](const std::vector<std::string>& statuses) {
    std::copy_if(statuses.begin(), statuses.end(), std::back_inserter(into.statuses),
                 [](const std::string& status) { return status != "ok"; });
  };
  add(target.statuses);
  if (const auto more = facts.target_statuses.find(target.name); more != facts.target_statuses.end()) add(more->second);
  const bool is_resolved =
      std::find(into.statuses.begin(), into.statuses.end(), "below_resolution") == into.statuses.end();
  if (is_resolved) {
    take(target.energy_per_pass_j, into.energy_j, into.energy_half_width_j, into.rounds);
    take(target.energy_above_idle_j, into.energy_above_idle_j, into.energy_above_idle_half_width_j, into.rounds);
    take(positive(target.power_w), into.power_w, into.power_half_width_w, into.rounds);
  }
  take(positive(target.time_per_pass_s), into.time_s, into.time_half_width_s, into.rounds);
  into.precision_reached = target.precision_reached;
  into.counter_over_samples = target.counter_over_samples;
  into.required_half_width_j = target.required_half_width_j;
}

void take_cost(const Cost& cost, ModelResult& into) {
  into.flops = cost.flops;
  into.flops_dense = cost.flops_dense;
  into.bytes = cost.bytes;
}

std::optional<Cost> sum_of(const std::map<std::string, Cost>& costs) {
  if (costs.empty()) return std::nullopt;
  Cost sum;
  for (const auto& [name, cost] : costs) {
    sum.flops += cost.flops;
    sum.flops_dense += cost.flops_dense;
    sum.bytes += cost.bytes;
  }
  return sum;
}

const TargetEstimate* first(const RoundsResult& result, const ReportFacts& facts, TargetRole role) {
  const auto found = std::find_if(result.targets.begin(), result.targets.end(),
                                  [&](const TargetEstimate& target) { return role_of(facts, target.name) == role; });
  return found == result.targets.end() ? nullptr : &*found;
}

ModelResult model_from(const TargetEstimate* target, const ReportFacts& facts) {
  ModelResult model;
  if (target != nullptr) take_numbers(*target, facts, model);
  if (const auto sum = sum_of(facts.costs)) take_cost(*sum, model);
  return model;
}

ComponentResult component_from(const TargetEstimate& target, const ReportFacts& facts, const ModelResult& whole) {
  ComponentResult part;
  take_numbers(target, facts, part);
  part.name = target.name;
  if (part.energy_j && whole.energy_j && *whole.energy_j != 0) part.share = *part.energy_j / *whole.energy_j;
  if (const auto calls = facts.calls.find(part.name); calls != facts.calls.end()) part.calls = calls->second;
  if (const auto cost = facts.costs.find(part.name); cost != facts.costs.end()) take_cost(cost->second, part);
  return part;
}

const ModelResult* driven(const Report& report, const std::string& name) {
  if (name == "model") return &report.full_model;
  if (name == "preserved") return report.preserved ? &*report.preserved : nullptr;
  for (const ComponentResult& part : report.components) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

std::string side_name(TargetRole role, const std::string& target) {
  if (role == TargetRole::plain) return "model";
  if (role == TargetRole::preserved) return "preserved";
  return role == TargetRole::idle ? "idle" : target;
}

SideResult side_from(const SideEstimate& estimate, std::string name, const Report& report) {
  SideResult found{.name = std::move(name),
                   .energy_j = estimate.energy_per_pass_j.mean,
                   .energy_half_width_j = estimate.energy_per_pass_j.half_width,
                   .power_w = estimate.power_w.mean,
                   .power_half_width_w = estimate.power_w.half_width,
                   .rounds = estimate.energy_per_pass_j.rounds,
                   .together_j = std::nullopt,
                   .together_half_width_j = std::nullopt};
  const ModelResult* other = driven(report, found.name);
  if (other == nullptr || !other->energy_j) return found;
  found.together_j = found.energy_j + *other->energy_j;
  if (found.energy_half_width_j && other->energy_half_width_j) {
    found.together_half_width_j = std::hypot(*found.energy_half_width_j, *other->energy_half_width_j);
  }
  return found;
}

std::vector<SideMeter> sides_from(const RoundsResult& result, const ReportFacts& facts, const Report& report) {
  const std::vector<SideEstimate> estimates = side_estimates(result.windows);
  std::vector<SideMeter> sides;
  for (const MeterTraits& meter : facts.sides) {
    SideMeter side{.meter = meter, .results = {}};
    for (const SideEstimate& estimate : estimates) {
      const TargetRole role = role_of(facts, estimate.target);
      if (estimate.scope != meter.scope || role == TargetRole::doubled) continue;
      side.results.push_back(side_from(estimate, side_name(role, estimate.target), report));
    }
    sides.push_back(std::move(side));
  }
  return sides;
}

void take_results(const RoundsResult& result, const ReportFacts& facts, Report& report) {
  report.full_model = model_from(first(result, facts, TargetRole::plain), facts);
  if (const TargetEstimate* kept = first(result, facts, TargetRole::preserved)) {
    report.preserved = model_from(kept, facts);
  }
  for (const TargetEstimate& target : result.targets) {
    if (role_of(facts, target.name) != TargetRole::component) continue;
    report.components.push_back(component_from(target, facts, report.whole()));
  }
  const TargetEstimate* idle = first(result, facts, TargetRole::idle);
  if (idle != nullptr && idle->energy_per_pass_j) {  // a pass of it is one second
    report.idle_power_w = idle->energy_per_pass_j->mean;
    report.idle_power_half_width_w = idle->energy_per_pass_j->half_width;
  }
  report.sides = sides_from(result, facts, report);
}

Weighing weighing_from(const WeighingResult& result, const ReportFacts& facts) {
  const WeighingEstimate& found = result.weighing;
  return {.fraction = result.fraction,
          .passes = result.passes,
          .pairs = found.pairs,
          .wild_pairs = found.wild_pairs,
          .homogeneity = found.homogeneity,
          .time_homogeneity = found.time_homogeneity,
          .curvature = found.curvature,
          .interactions_rms = found.interactions_rms,
          .looks_period_s = result.looks ? std::optional(result.looks->period_s) : std::nullopt,
          .off_speed_share = found.off_speed ? std::optional(found.off_speed->share) : std::nullopt,
          .off_speed_step = found.off_speed ? std::optional(found.off_speed->step) : std::nullopt,
          .dosed = found.dosed,
          .model = found.model,
          .facts = facts.dosing};
}

LayerRow row_from(const LayerEstimate& layer) {
  return {.layer = static_cast<std::int64_t>(layer.layer),
          .energy_j = layer.energy_j.mean,
          .energy_half_width_j = layer.energy_j.half_width,
          .time_s = layer.time_s.mean,
          .time_half_width_s = layer.time_s.half_width};
}

}  // namespace

Report report_from(const RoundsResult& result, const ReportFacts& facts) {
  Report report;
  report.model = facts.model;
  report.method = facts.method;
  report.execution = facts.execution;
  report.meter = facts.meter;
  take_results(result, facts, report);
  report.energy_closure = result.energy_closure;
  report.time_closure = result.time_closure;
  report.perturbation = result.perturbation;
  report.synthetic_weights = facts.synthetic_weights;
  report.workload = facts.workload;
  report.environment = facts.environment;
  report.options = facts.options;
  report.seed = result.seed;
  report.rounds = result.rounds;
  if (result.planned_rounds != 0) report.planned_rounds = result.planned_rounds;  // 0: the pilot did not finish
  report.begun_s = result.begun_s;
  report.elapsed_s = result.elapsed_s;
  report.stop_reason = name_of(result.stop_reason);
  report.drift_per_hour = result.drift_per_hour;
  report.carry_over_per_w = result.carry_over_per_w;
  report.temperature_per_k = result.temperature_per_k;
  if (result.sensors) report.sensors = Ratio{.ratio = result.sensors->mean, .half_width = result.sensors->half_width};
  report.other_processes_peak = result.other_processes_peak;
  if (result.failure_kind) report.failure = Failure{python_class_name(*result.failure_kind), result.failure_message};
  report.statuses = statuses_of(result, facts);
  report.warnings = warnings_of(result, facts);
  report.windows = result.windows;
  report.limits = facts.limits;
  report.made_at = text_of(facts.environment, "made_at");
  return report;
}

Report report_from(const WeighingResult& result, const ReportFacts& facts) {
  Report report = report_from(result.rounds, facts);
  report.weighing = weighing_from(result, facts);
  for (ComponentResult& part : report.components) {
    for (const LayerEstimate& layer : result.weighing.layers) {
      if (layer.component == part.name) part.details.push_back(row_from(layer));
    }
  }
  return report;
}

}  // namespace clear_native::report
