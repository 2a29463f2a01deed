#include "overhead.hpp"

#include <iostream>
#include <utility>

#include "core/errors.hpp"
#include "core/windows/idle_workload.hpp"
#include "core/windows/replay_ways.hpp"
#include "engine.hpp"
#include "exit_codes.hpp"
#include "files.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "report/overhead_report.hpp"
#include "seeds.hpp"
#include "subject.hpp"
#include "surroundings.hpp"

namespace clear_native::bench {
namespace {

constexpr const char* no_graphs =
    "on a CPU there are no CUDA graphs: only the eager loop was driven. For launch, unrolled and WHILE export the "
    "model on a GPU";

void check(const OverheadOptions& options) {
  if (options.precision <= 0) throw Error(ErrorKind::bad_input, "--precision must be above 0, for instance 0.02");
  if (options.max_time_s <= 0) throw Error(ErrorKind::bad_input, "--max-time must be above 0 seconds, for instance 60");
  if (!options.json.empty()) check_can_be_written("--json", options.json);
}

/// Of one bundle: what loops over operators, and beside it, on a GPU, what replays.
struct Engines {
  std::unique_ptr<bundle::PlanEngine> loops;
  std::unique_ptr<bundle::PlanEngine> graphs;
  std::string no_graphs_because;
};

Engines engines_of(const std::string& path) {
  LoadedEngine loaded = load_engine(path, "");
  if (loaded.engine->execution() == bundle::Execution::graph) {
    return {.loops = load_engine(path, "eager").engine, .graphs = std::move(loaded.engine), .no_graphs_because = {}};
  }
  const std::string why = loaded.fell_back_because.empty()
                              ? no_graphs
                              : "only the eager loop was driven, since " + loaded.fell_back_because;
  return {.loops = std::move(loaded.engine), .graphs = nullptr, .no_graphs_because = why};
}

/// What is driven, and the rows that it fills, in the same order.
struct Driven {
  std::vector<DrivenWay> ways;
  std::vector<report::OverheadRow> rows;
};

void add(Driven& driven, const DrivenComponent& component, DrivenWay way) {
  driven.rows.push_back({.component = component.name,
                         .way = way.way,
                         .calls = component.calls,
                         .passes_per_launch = way.passes_per_launch,
                         .statuses = {}});
  driven.ways.push_back(std::move(way));
}

Driven driven_of(const Engines& engines, TaskRunner& runner, const OverheadOptions& options, const Watch& watch) {
  Driven driven;
  for (DrivenComponent& component : driven_components(*engines.loops, engines.graphs.get(), options.components)) {
    add(driven, component,
        {.way = "eager_loop",
         .workload = std::move(component.eager_loop.workload),
         .passes_per_launch = component.eager_loop.passes_per_launch});
    if (!component.replays) continue;
    for (DrivenWay& way : replay_ways(runner, *component.replays, watch)) add(driven, component, std::move(way));
  }
  return driven;
}

RoundsResult measured(TaskRunner& runner, EnergyMeter& meter, const Driven& driven, const OverheadOptions& options,
                      const RoundsWatch& watch) {
  IdleWorkload idling;
  std::vector<Target> targets;
  if (!meter.traits().estimated) targets.push_back({.name = "idle", .role = TargetRole::idle, .workload = &idling});
  for (std::size_t i = 0; i < driven.ways.size(); ++i) {
    targets.push_back({.name = report::overhead_target(driven.rows[i]), .workload = driven.ways[i].workload.get()});
  }
  RoundsOptions rounds;
  rounds.precision = rounds.precision_of_model = options.precision;
  rounds.max_time_s = options.max_time_s;
  rounds.seed = seed_or_drawn(options.seed);
  return run_rounds(runner, meter, targets, rounds, watch);
}

bool is_ok(const report::Overhead& found) {
  bool ok = found.run.statuses.empty();
  for (const report::OverheadRow& row : found.rows) ok = ok && row.statuses.empty();
  return ok;
}

int finish(const report::Overhead& found, const OverheadOptions& options) {
  const RoundsResult& run = found.run;
  if (!run.windows.empty()) {
    if (!options.quiet) std::cout << report::overhead_table(found) << '\n';
    if (!options.json.empty()) {
      write_file(options.json, report::overhead_to_json(found));
      if (!options.quiet) std::cout << "written to " << options.json << '\n';
    }
  }
  if (run.failure_kind) throw Error(*run.failure_kind, run.failure_message);
  if (run.stop_reason == StopReason::interrupted) return interrupted;
  return is_ok(found) ? done : not_ok;
}

}  // namespace

int show_overhead(const OverheadOptions& options) {
  check(options);
  ProgressLine shown(!options.quiet);
  shown.stage("loading the bundle");
  const Engines engines = engines_of(options.bundle);
  const bundle::PlanEngine& engine = *engines.loops;
  const std::shared_ptr<EnergyMeter> meter = open_meters(meter_names(options.meter), metered_device(engine));
  const InterruptFlag flag;
  RoundsWatch watch;
  watch.window.interrupted = InterruptFlag::interrupted;
  watch.progress = [&shown](const Progress& now) { shown.update(now); };
  ThreadedRunner runner;
  shown.stage("preparing the windows");
  Driven driven = driven_of(engines, runner, options, watch.window);
  report::Overhead found;
  found.model = engine.bundle().manifest().model;
  found.meter = meter->traits();
  found.environment = environment_of(engine);
  const bundle::RunnerDevice device = engine.device();
  found.device = device.type == "cuda" ? "cuda:" + std::to_string(device.index) : device.type;
  if (!engines.no_graphs_because.empty()) found.notes.push_back(engines.no_graphs_because);
  found.run = measured(runner, *meter, driven, options, watch);
  shown.clear();
  found.rows = std::move(driven.rows);
  report::take_targets(found);
  return finish(found, options);
}

}  // namespace clear_native::bench
