#include "subject.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/errors.hpp"
#include "core/windows/idle_workload.hpp"
#include "glob.hpp"
#include "report/joined.hpp"

namespace clear_native::bench {
namespace {

using bundle::Component;
using bundle::MadeWorkload;
using bundle::PlanEngine;

void add(Subject& subject, const std::string& name, TargetRole role, MadeWorkload made) {
  report::ReportFacts& facts = subject.facts;
  subject.targets.push_back({.name = name, .role = role, .workload = made.workload.get()});
  facts.roles[name] = role;
  if (made.time_per_pass_s > 0) {
    facts.workload.replays.push_back({.target = name,
                                      .shape = made.shape,
                                      .passes_per_launch = made.passes_per_launch,
                                      .time_per_pass_s = made.time_per_pass_s});
  }
  if (!made.statuses.empty()) {
    auto& statuses = facts.target_statuses[name];
    statuses.insert(statuses.end(), made.statuses.begin(), made.statuses.end());
  }
  facts.warnings.insert(facts.warnings.end(), made.warnings.begin(), made.warnings.end());
  subject.workloads.push_back(std::move(made.workload));
}

void add_idle(Subject& subject) {
  add(subject, "idle", TargetRole::idle, {.workload = std::make_unique<IdleWorkload>(), .time_per_pass_s = 0});
}

std::optional<report::Cost> cost_of(const bundle::Work& work) {
  if (!work.flops || !work.flops_dense || !work.bytes) return std::nullopt;
  return report::Cost{std::llround(*work.flops), std::llround(*work.flops_dense), std::llround(*work.bytes)};
}

/// Components that cost and that are wanted, by their index; the others are told.
std::vector<std::size_t> measurable(const PlanEngine& engine, const SubjectOptions& options, Subject& subject) {
  const std::vector<Component>& components = engine.bundle().manifest().components;
  const std::vector<std::size_t> empty = engine.components_without_work();
  std::vector<std::size_t> found;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < components.size(); ++i) {
    const std::string& name = components[i].name;
    known.push_back(name);
    if (!matches(options.components, name)) {
      subject.left_out.push_back(name);
    } else if (std::find(empty.begin(), empty.end(), i) != empty.end()) {
      subject.facts.warnings.push_back(name + " runs nothing of its own: there is nothing to measure");
    } else {
      found.push_back(i);
    }
  }
  if (!found.empty()) return found;
  throw Error(ErrorKind::bad_input, "no component with work matches '" + report::joined(options.components, "', '") +
                                        "': there are " + report::joined(known, ", "));
}

/// In a graph these are nodes that are replayed, in eager execution calls that are made again.
void add_alone(Subject& subject, const PlanEngine& engine, bundle::AloneComponent alone) {
  const std::string& name = engine.bundle().manifest().components[alone.component].name;
  const bool is_graph = engine.execution() == bundle::Execution::graph;
  subject.facts.target_statuses[name].emplace_back(is_graph ? "measured_by_partition" : "measured_alone");
  const std::string reason = alone.reason.empty() ? "" : ": " + alone.reason;
  subject.facts.warnings.push_back(
      name + (is_graph ? " is measured by the partition" + reason : " is measured alone, it cannot be dosed" + reason));
  if (alone.made.workload) add(subject, name, TargetRole::component, std::move(alone.made));
}

report::Facts dosing_facts(const bundle::InSitu& found) {
  report::Facts facts;
  const auto append = [&facts](const char* name, const std::optional<std::size_t>& number) {
    if (number) facts.emplace_back(name, static_cast<std::int64_t>(*number));
  };
  append("unjudged_buffers", found.unjudged_buffers);
  facts.emplace_back("cache", std::string(found.cache.cold ? "cold" : "warm"));
  facts.emplace_back("cache_judged", found.cache.judged);
  append("reuse_distance_bytes", found.cache.reuse_distance_bytes);
  append("l2_bytes", found.cache.l2_bytes);
  return facts;
}

/// False where nothing can be dosed: then only why is told.
bool add_in_situ(Subject& subject, PlanEngine& engine) {
  bundle::InSitu found = engine.in_situ(std::nullopt);
  const bool can_be_dosed = !found.layout.components.empty();
  if (can_be_dosed) {
    add(subject, "plain", TargetRole::plain, std::move(found.plain));
    add(subject, "preserved", TargetRole::preserved, std::move(found.preserved));
    add(subject, "doubled", TargetRole::doubled, std::move(found.doubled));
  }
  for (bundle::AloneComponent& alone : found.alone) {
    if (!can_be_dosed) alone.made = {};  // the partition measures it
    add_alone(subject, engine, std::move(alone));
  }
  if (!found.no_doses_because.empty()) {
    subject.facts.warnings.push_back("No doses could be given, so all components are measured by the partition: " +
                                     found.no_doses_because);
  }
  subject.facts.dosing = dosing_facts(found);
  if (can_be_dosed) subject.in_situ = std::move(found);
  return can_be_dosed;
}

void add_replayed(Subject& subject, PlanEngine& engine, const std::vector<std::size_t>& components, bool isolated) {
  add(subject, "plain", TargetRole::plain, engine.plain());
  if (!isolated) add(subject, "preserved", TargetRole::preserved, engine.preserved());
  for (const std::size_t component : components) {
    add(subject, engine.bundle().manifest().components[component].name, TargetRole::component,
        isolated ? engine.isolated(component, bundle::IsolatedCache::warm) : engine.partition(component));
  }
}

void add_parts(Subject& subject, PlanEngine& engine, const SubjectOptions& options) {
  const std::vector<std::size_t> components = measurable(engine, options, subject);
  for (const Component& component : engine.bundle().manifest().components) {
    subject.facts.calls[component.name] = static_cast<std::int64_t>(component.calls);
    if (const auto cost = cost_of(component.work)) subject.facts.costs[component.name] = *cost;
  }
  const bool is_weighed = options.method == "in_situ" && add_in_situ(subject, engine);
  if (!is_weighed) add_replayed(subject, engine, components, options.method == "isolated");
}

/// Fused kernels are of no component.
void add_whole(Subject& subject, PlanEngine& engine) {
  for (const Component& component : engine.bundle().manifest().components) {
    if (const auto cost = cost_of(component.work)) subject.facts.costs[component.name] = *cost;
  }
  add(subject, "plain", TargetRole::plain, engine.plain());
  subject.facts.warnings.emplace_back("A compiled model is measured as a whole: its kernels are fused over components");
}

}  // namespace

Subject subject_of(PlanEngine& engine, const SubjectOptions& options) {
  Subject subject;
  subject.facts.execution = name_of(engine.execution());
  const bundle::EngineNotes notes = engine.notes();
  subject.facts.warnings = notes.warnings;
  if (notes.kept_bytes) subject.facts.workload.kept_bytes = static_cast<std::int64_t>(*notes.kept_bytes);
  if (engine.execution() == bundle::Execution::compiled) {
    add_whole(subject, engine);
  } else {
    add_parts(subject, engine, options);
  }
  if (options.idle) add_idle(subject);
  return subject;
}

std::vector<DrivenComponent> driven_components(PlanEngine& loops, PlanEngine* graphs,
                                               const std::vector<std::string>& globs) {
  Subject ignored;
  std::vector<DrivenComponent> found;
  for (const std::size_t i : measurable(loops, {.components = globs}, ignored)) {
    const Component& component = loops.bundle().manifest().components[i];
    found.push_back({.name = component.name,
                     .calls = static_cast<std::int64_t>(component.calls),
                     .eager_loop = loops.partition(i),
                     .replays = graphs == nullptr ? nullptr : graphs->replays_of(i)});
  }
  return found;
}

}  // namespace clear_native::bench
