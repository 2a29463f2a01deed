#include "graph_doses.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "core/weighing/second_runs.hpp"
#include "graph_workloads.hpp"

namespace clear_native::plan_graphs {
namespace {

using bundle::InSitu;

bundle::SecondRunsCache judged_cache(const Captures& captures, std::optional<bool> asked) {
  const bundle::Plan& plan = captures.bundle.plan();
  std::vector<std::size_t> bytes_of_constants;
  bytes_of_constants.reserve(plan.constants.size());
  for (const bundle::GivenValue& given : plan.constants) {
    bytes_of_constants.push_back(captures.bundle.constant(given).bytes.size());
  }
  const auto& forward = *captures.preserved.forward;
  const std::size_t distance =
      bytes_of_weights(plan, bytes_of_constants) + covered_bytes(forward.kept(), forward.scratch());
  const std::size_t l2 = captures.preserved.graph->context()->properties().l2_bytes;
  return {.cold = asked.value_or(distance > l2), .judged = !asked, .reuse_distance_bytes = distance, .l2_bytes = l2};
}

std::vector<cuda::SecondRun> replayed_again(const std::vector<CallAgain>& runs) {
  std::vector<cuda::SecondRun> second;
  second.reserve(runs.size());
  for (const CallAgain& again : runs) second.push_back({.call = again.call, .after = again.after});
  return second;
}

WeighingLayout layout_of(const Captures& captures, const std::vector<std::size_t>& components,
                         const std::vector<CallAgain>& runs, int passes) {
  WeighingLayout layout;
  layout.passes = passes;
  for (const std::size_t component : components) {
    layout.components.push_back(captures.bundle.manifest().components[component].name);
  }
  for (const ComponentCall& call : captures.calls) {
    const auto found = std::ranges::find(components, call.component);
    layout.component_of_call.push_back(
        found == components.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - components.begin())));
  }
  for (const CallAgain& again : runs) layout.twin_of_call.push_back(again.call);
  layout.kind_of_call = captures.kinds;
  return layout;
}

bundle::MadeWorkload dosed_reference(cuda::DosedReplays& dosed, const Doses& doses, double time_s) {
  auto workload = dosed.make(doses);
  const int passes = static_cast<int>(workload->passes_per_launch());
  return {.workload = std::move(workload), .passes_per_launch = passes, .time_per_pass_s = time_s, .shape = "chain"};
}

/// The chain of calls, everything doubled, and the plain model. That has as many passes in a launch as the chain and
/// the same shape: what the two differ by is then what keeping buffers and the borders of the calls cost.
void add_references(const Captures& captures, cuda::DosedReplays& dosed, InSitu& made) {
  const auto passes = static_cast<std::size_t>(made.layout.passes);
  Doses twice;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    for (const auto& component : made.layout.component_of_call) twice.push_back(component ? 1 : 0);
  }
  made.preserved = dosed_reference(dosed, Doses(twice.size(), 0), dosed.time_per_pass_s());
  made.doubled = dosed_reference(dosed, twice, 0);
  made.plain = chained_replay(captures.stream, {captures.plain.whole()}, made.preserved.passes_per_launch);
}

void add_doses(const Captures& captures, InSitu& made) {
  const auto runs = second_runs_in_graph(captures.kinds, made.cache.cold);
  cuda::Parts parts;
  for (const ComponentCall& call : captures.calls) parts.push_back(part_of(captures.preserved, call));
  const int passes = passes_for(time_per_pass_of(captures.stream, {captures.preserved.whole()}));
  auto dosed = std::make_unique<cuda::DosedReplays>(captures.stream, std::move(parts), replayed_again(runs),
                                                    cuda::DosedReplaysOptions{.passes = passes});
  auto components = components_in_order(captures.calls, captures.bundle.manifest());
  const DoseTrials trials = tried_doses(*dosed, captures.preserved, captures.calls, components, captures.bundle.plan(),
                                        captures.mutations, captures.given_memory);
  std::vector<bool> skipped;
  for (const ComponentCall& call : captures.calls) skipped.push_back(trials.unsafe.contains(call.component));
  dosed->time_calls(captures.kinds, skipped);
  dosed->run_once(Doses(captures.calls.size() * static_cast<std::size_t>(passes), 0));  // brings back what that changed
  std::erase_if(components, [&trials](std::size_t component) { return trials.unsafe.contains(component); });
  for (const auto& [component, reason] : trials.unsafe) made.alone.push_back({component, reason, {}});
  made.unjudged_buffers = trials.unjudged_buffers;
  if (components.empty()) return;
  made.layout = layout_of(captures, components, runs, passes);
  add_references(captures, *dosed, made);
  for (bundle::AloneComponent& alone : made.alone) {
    alone.made = calibrated_replay(captures.stream, {part_of(captures.preserved, captures.calls, alone.component)});
  }
  made.dosed = std::move(dosed);
}

}  // namespace

std::size_t covered_bytes(const std::vector<bundle::DeviceRange>& one, const std::vector<bundle::DeviceRange>& other) {
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> ranges;
  for (const auto* list : {&one, &other}) {
    for (const bundle::DeviceRange& range : *list) ranges.emplace_back(range.address, range.address + range.bytes);
  }
  std::ranges::sort(ranges);
  std::size_t total = 0;
  std::uintptr_t reached = 0;
  for (const auto& [begin, end] : ranges) {
    if (end > reached) total += end - std::max(begin, reached);
    reached = std::max(reached, end);
  }
  return total;
}

InSitu graph_in_situ(const Captures& captures, std::optional<bool> cold) {
  const auto cache = judged_cache(captures, cold);
  InSitu made;
  made.cache = cache;
  try {
    add_doses(captures, made);
    return made;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::device_out_of_memory && error.kind() != ErrorKind::bad_input) throw;
    InSitu without;
    without.cache = cache;
    without.no_doses_because = error.what();
    for (const std::size_t component : components_in_order(captures.calls, captures.bundle.manifest())) {
      without.alone.push_back({component, "", {}});
    }
    return without;
  }
}

}  // namespace clear_native::plan_graphs
