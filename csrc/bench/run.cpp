#include "run.hpp"

#include <iostream>
#include <utility>

#include "core/errors.hpp"
#include "core/meters/meter_choice.hpp"
#include "core/weighing/weighing.hpp"
#include "delivery.hpp"
#include "engine.hpp"
#include "exit_codes.hpp"
#include "files.hpp"
#include "host.hpp"
#include "interrupt.hpp"
#include "limits.hpp"
#include "progress.hpp"
#include "report/from_json.hpp"
#include "report/from_rounds.hpp"
#include "report/joined.hpp"
#include "seeds.hpp"
#include "subject.hpp"
#include "surroundings.hpp"

namespace clear_native::bench {
namespace {

constexpr double precision_of_model = 0.3;  // of the precision asked for

void check(const RunOptions& options) {
  if (options.precision <= 0) throw Error(ErrorKind::bad_input, "--precision must be above 0, for instance 0.01");
  if (options.max_time_s <= 0) throw Error(ErrorKind::bad_input, "--max-time must be above 0 seconds, for instance 60");
  if (options.execution == "compiled" && !options.components.empty()) {
    throw Error(ErrorKind::bad_input,
                "--component asks for parts, which a compiled model does not have: leave it out, or use --execution "
                "graph or eager");
  }
  if (!options.json.empty()) check_can_be_written("--json", options.json);
  if (!options.csv.empty()) check_can_be_written("--csv", options.csv);
}

/// Throws Error(workload_failed) where an output is not what the model gave.
void verify(bundle::PlanEngine& engine) {
  const std::vector<bundle::WrongOutput> wrong = engine.verify();
  if (wrong.empty()) {
    const bool is_compiled = engine.execution() == bundle::Execution::compiled;
    std::cout << "outputs are " << (is_compiled ? "within tolerance of" : "bit for bit") << " what the model gave\n";
    return;
  }
  throw Error(ErrorKind::workload_failed, "output " + wrong.front().tensor + " is not what the model gave (" +
                                              wrong.front().difference + "), " + std::to_string(wrong.size()) +
                                              " outputs in all: export the model again on this machine");
}

RoundsOptions rounds_options(const RunOptions& options) {
  RoundsOptions rounds;
  rounds.precision = options.precision;
  rounds.precision_of_model = precision_of_model * options.precision;
  rounds.max_time_s = options.max_time_s;
  rounds.seed = seed_or_drawn(options.seed);
  return rounds;
}

/// Of some components alone nothing can be said about their sum.
void leave_out(const std::vector<std::string>& names, RoundsResult& result) {
  if (names.empty()) return;
  std::erase_if(result.targets, [&names](const TargetEstimate& target) {
    return std::find(names.begin(), names.end(), target.name) != names.end();
  });
  result.energy_closure.reset();
  result.time_closure.reset();
}

struct Measured {
  report::Report report;
  std::optional<ErrorKind> failure_kind;
  std::string failure_message;
  bool is_interrupted = false;
};

Measured measured_by(const RoundsResult& result, report::Report made) {
  return {.report = std::move(made),
          .failure_kind = result.failure_kind,
          .failure_message = result.failure_message,
          .is_interrupted = result.stop_reason == StopReason::interrupted};
}

Measured measure(Subject& subject, EnergyMeter& meter, const RunOptions& options, ProgressLine& shown) {
  const InterruptFlag flag;
  RoundsWatch watch;
  watch.window.interrupted = InterruptFlag::interrupted;
  watch.progress = [&shown](const Progress& now) { shown.update(now); };
  ThreadedRunner runner;
  if (!subject.in_situ) {
    RoundsResult result = run_rounds(runner, meter, subject.targets, rounds_options(options), watch);
    leave_out(subject.left_out, result);
    return measured_by(result, report_from(result, subject.facts));
  }
  WeighingResult result = run_weighing(runner, meter, subject.targets, subject.in_situ->layout, *subject.in_situ->dosed,
                                       rounds_options(options), watch);
  leave_out(subject.left_out, result.rounds);
  return measured_by(result.rounds, report_from(result, subject.facts));
}

void describe(Subject& subject, const LoadedEngine& loaded, const EnergyMeter& meter, const RunOptions& options) {
  const bundle::Manifest& manifest = loaded.engine->bundle().manifest();
  report::ReportFacts& facts = subject.facts;
  facts.model = manifest.model;
  const bool is_whole = loaded.engine->execution() == bundle::Execution::compiled;
  facts.method = is_whole ? "partition" : options.method;  // into one part
  facts.meter = meter.traits();
  facts.sides = meter.side_traits();
  facts.synthetic_weights = manifest.synthetic_weights;
  report::Workload found = std::move(facts.workload);
  facts.workload = {};
  if (!manifest.workload_json.empty()) {
    facts.workload = report::workload_from_json(manifest.workload_json, options.bundle + ": workload");
  }
  facts.workload.replays = std::move(found.replays);
  facts.workload.kept_bytes = found.kept_bytes;
  facts.environment = environment_of(*loaded.engine);
  add_limits(facts);
  facts.options = {{"precision", options.precision}, {"max_time_s", options.max_time_s}};
  if (!options.components.empty()) facts.options.emplace_back("components", report::joined(options.components, ", "));
  if (loaded.fell_back_because.empty()) return;
  facts.statuses.emplace_back("not_capturable");
  facts.warnings.push_back("Measured in eager execution, since " + loaded.fell_back_because);
}

}  // namespace

int run_bundle(const RunOptions& options) {
  check(options);
  ProgressLine shown(!options.quiet);
  shown.stage("loading the bundle");
  const LoadedEngine loaded = load_engine(options.bundle, options.execution);
  bundle::PlanEngine& engine = *loaded.engine;
  if (options.verify) verify(engine);
  const std::shared_ptr<EnergyMeter> meter = open_meters(meter_names(options.meter), metered_device(engine));
  shown.stage("preparing the windows");
  Subject subject = subject_of(
      engine, {.method = options.method, .components = options.components, .idle = !meter->traits().estimated});
  describe(subject, loaded, *meter, options);
  const Measured measured = measure(subject, *meter, options, shown);
  shown.clear();
  bool is_whole = true;
  if (!measured.report.windows.empty()) {
    is_whole = deliver(measured.report, {.json = options.json, .csv = options.csv, .quiet = options.quiet});
  }
  if (measured.failure_kind) throw Error(*measured.failure_kind, measured.failure_message);
  if (measured.is_interrupted) return interrupted;
  return is_whole && measured.report.all_statuses().empty() ? done : not_ok;
}

}  // namespace clear_native::bench
