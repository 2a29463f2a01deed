#include "weighing.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <set>
#include <utility>

#include "core/rounds/plan.hpp"
#include "core/rounds/round_loop.hpp"
#include "core/rounds/target_estimate.hpp"
#include "core/rounds/target_status.hpp"
#include "off_speed.hpp"
#include "quiet_rows.hpp"
#include "weighed_pairs.hpp"
#include "weighing_durations.hpp"
#include "weighing_plan.hpp"
#include "weighing_schedule.hpp"

namespace clear_native {
namespace {

void check_references(const std::vector<Target>& references, const WeighingLayout& layout) {
  if (!references.empty()) check_targets(references);
  std::set<std::string> taken(layout.components.begin(), layout.components.end());
  for (const TargetInfo& row : row_targets(layout)) {
    if (taken.insert(row.name).second) continue;
    throw Error(ErrorKind::bad_input, "A component is named '" + row.name + "', as dosed windows are; rename it.");
  }
  for (const Target& reference : references) {
    if (reference.role == TargetRole::dosed) {
      throw Error(ErrorKind::bad_input,
                  "Reference '" + reference.name + "' has the role of a dosed window; those are made from the layout.");
    }
    if (!taken.insert(reference.name).second) {
      throw Error(ErrorKind::bad_input,
                  "Reference '" + reference.name +
                      "' has the name of a dosed component or of a dosed window; names must differ.");
    }
  }
}

std::string seconds(double time_s) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", time_s);
  return text;
}

constexpr double longest_reference = 2;  // times its length, if that keeps its windows from beating

// Of the pilot's dosed windows: the model itself may stay below the power limit where some of its mixes do not.
constexpr double capped_share = 0.2;

/// As the workloads tell it; empty where they do not, or not of all.
std::vector<double> time_of_calls(const DosedWorkloads& dosed, const WeighingLayout& layout) {
  const std::size_t calls = layout.component_of_call.size();
  const std::vector<CallRun> runs = dosed.runs(Doses(calls * static_cast<std::size_t>(std::max(1, layout.passes)), 0));
  if (runs.size() < calls) return {};
  std::vector<double> times_s(calls, 0);
  for (const CallRun& run : runs) times_s[run.call] = run.time_s;
  const bool known = std::all_of(times_s.begin(), times_s.end(), [](double time_s) { return time_s > 0; });
  return known ? times_s : std::vector<double>{};
}

std::size_t most_rows(const RoundsOptions& options) {
  return 2 * static_cast<std::size_t>(options.pairs_per_round);
}

/// A pilot sees a design and a half, so that there is something left to tell noise from, and all of it two.
RoundsOptions with_whole_designs(RoundsOptions options, const WeighingLayout& layout) {
  const int rounds = rounds_per_design(layout, options.pairs_per_round);
  options.pilot_rounds = std::max(options.pilot_rounds, (3 * rounds + 1) / 2);
  options.min_rounds = std::max(options.min_rounds, 2 * rounds);
  options.max_rounds = std::max(options.max_rounds, options.min_rounds);
  return options;
}

void check_time(const WeighingLayout& layout, const WeighingDurations& durations, const RoundsOptions& options) {
  const double round_s = shortest_round_s(durations, most_rows(options));
  const double least_s = round_s * rounds_per_design(layout, options.pairs_per_round);
  if (least_s <= options.max_time_s) return;
  throw Error(ErrorKind::bad_input,
              "max_time is " + seconds(options.max_time_s) + ", and one design of the weighing takes at least " +
                  seconds(least_s) + ": " + std::to_string(2 * pairs_per_design(layout)) + " dosed windows for " +
                  std::to_string(layout.components.size()) + " components, and the references. Intervals need " +
                  std::to_string(options.min_rounds) + " rounds: allow " + seconds(options.min_rounds * round_s) +
                  " or more, give fewer components, or measure with method='partition'.");
}

class WeighingRounds final : public RoundSource {
 public:
  WeighingRounds(WindowRunner& windows, const Clock& clock, MeterTraits traits, const std::vector<Target>& references,
                 const WeighingLayout& layout, DosedWorkloads& dosed, WeighingDurations durations,
                 const RoundsOptions& options, const RoundsWatch& watch, WeighingResult& result)
      : windows_(windows),
        clock_(clock),
        traits_(std::move(traits)),
        references_(references),
        layout_(layout),
        dosed_(dosed),
        durations_(std::move(durations)),
        options_(options),
        watch_(watch),
        result_(result),
        quiet_(layout, dosed) {}

  WindowRunner::End prepare() override {
    const std::optional<std::size_t> model = find_model(infos_of(references_));
    if (!model) return WindowRunner::End::complete;
    std::optional<Window> probe;
    const Target& target = references_[*model];
    const WindowRunner::End end =
        windows_.run_apart({.target = target.name, .workload = target.workload, .options = durations_.probe}, probe);
    if (end != WindowRunner::End::complete || !probe) return end;
    if (probe->time_per_pass_s) probed_.launch_s = *probe->time_per_pass_s * target.workload->passes_per_launch();
    probed_.power_capped = is_power_capped(*probe);
    take_probed();
    check_time(layout_, durations_, options_);
    return end;
  }

  WindowRunner::End run(int round) override {
    const double began_s = clock_.now_s();
    const std::vector<DosedRow> rows =
        quiet_.rows(result_.fraction, options_.pairs_per_round, options_.seed, round, durations_.dosed.duration_s);
    try {
      if (!build(rows)) return WindowRunner::End::interrupted;
      build_s_ = clock_.now_s() - began_s;
      const WindowRunner::End end =
          windows_.run(round, schedule_round(rows, workloads_, references_, durations_, options_.seed, round),
                       [this](const PlannedWindow& window) {
                         if (!window.doses) return;
                         result_.changed_buffers = std::max(result_.changed_buffers, dosed_.changed());
                       });
      const bool design_done = round + 1 >= rounds_per_design(layout_, options_.pairs_per_round);
      const bool in_pilot = round < options_.pilot_rounds;  // what does not show by then will not
      if (end == WindowRunner::End::complete && design_done && in_pilot && quiet_.wants_to_learn()) {
        learn(estimate_so_far());
      }
      return end;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted) return WindowRunner::End::interrupted;
      return windows_.fail(error.kind(), error.what());
    }
  }

  [[nodiscard]] double expected_round_s() const override {
    const std::vector<double> overheads_s = overheads();
    double expected_s = rows_in_a_round() * (overheads_s[dosed_kind] + durations_.dosed.duration_s);
    for (std::size_t i = 0; i < references_.size(); ++i) {
      expected_s += durations_.repeats[i] * (overheads_s[dosed_kind + 1 + i] + durations_.references[i].duration_s) /
                    durations_.every[i];
    }
    return expected_s;
  }

  [[nodiscard]] int windows_of(int round) const override {
    std::size_t windows = 2 * pairs_of_round(layout_, options_.pairs_per_round, round);
    for (std::size_t i = 0; i < references_.size(); ++i) {
      if (has_reference(durations_, references_, i, round)) windows += static_cast<std::size_t>(durations_.repeats[i]);
    }
    return static_cast<int>(windows);
  }

  RoundsPlan plan() override {
    const WeighedRounds pilot = estimate_so_far();
    if (!probed_.power_capped && pilot.weighing.dosed.capped_share.value_or(0) > capped_share) {
      probed_.power_capped = true;
      take_probed();
    }
    const double left_s = options_.max_time_s - windows_.elapsed_s();
    const double largest = probed_.power_capped ? result_.fraction : options_.largest_fraction;
    const WeighingPlan plan = plan_weighing(pilot, durations_, overheads(), rows_in_a_round(), options_, left_s,
                                            {.of_pilot = result_.fraction, .largest = largest});
    durations_.dosed.duration_s = plan.dosed_duration_s;
    result_.fraction = plan.fraction;
    return {.rounds = plan.rounds, .stop_reason = plan.stop_reason};
  }

  int rounds_to_reach(int done) override {
    return clear_native::rounds_to_reach(estimate_so_far().rounds.targets, done);
  }

  /// Before every estimate: windows since the last one are not marked yet.
  void mark() {
    quiet_.mark(result_.rounds.windows, infos_of(references_));
    mark_off_speed(result_.rounds.windows, infos_of(references_), layout_);
  }

 private:
  [[nodiscard]] WeighedRounds estimate_so_far() {
    mark();
    return estimate_weighing(result_.rounds.windows, infos_of(references_), layout_, precision_rule(options_));
  }

  void learn(const WeighedRounds& estimate) {
    quiet_.learn(result_.rounds.windows, estimate);
    quiet_.mark(result_.rounds.windows, infos_of(references_));
    for (std::size_t i = 0; i < references_.size(); ++i) {
      const std::optional<Interval>& time = estimate.rounds.targets[i].time_per_pass_s;
      const bool is_model = references_[i].role == TargetRole::plain || references_[i].role == TargetRole::preserved;
      if (!quiet_.looks() || !is_model || !time || references_[i].duration_s) continue;
      double& duration_s = durations_.references[i].duration_s;
      duration_s = quiet_.quietest_chain_s(time->mean, duration_s, longest_reference * duration_s);
    }
    result_.looks = quiet_.looks();
  }

  void take_probed() {
    if (probed_.power_capped) result_.fraction = std::min(result_.fraction, options_.capped_fraction);
    durations_ = probed_durations(std::move(durations_), references_, options_, traits_, probed_, most_rows(options_),
                                  options_.max_time_s - windows_.elapsed_s());
  }

  /// On the mean: the last rounds of a design may have fewer.
  [[nodiscard]] double rows_in_a_round() const {
    return 2.0 * static_cast<double>(pairs_per_design(layout_)) / rounds_per_design(layout_, options_.pairs_per_round);
  }

  /// The workloads of a round take the place of those before it; false: interrupted.
  bool build(const std::vector<DosedRow>& rows) {
    workloads_.clear();
    for (const DosedRow& row : rows) {
      if (watch_.window.interrupted && watch_.window.interrupted()) return false;
      workloads_.push_back(dosed_.make(row.doses));
    }
    return true;
  }

  /// Per kind of window; that of a dosed one with its share of what making the workloads takes.
  [[nodiscard]] std::vector<double> overheads() const {
    std::vector<double> overheads_s = {windows_.overhead_s(dosed_kind, durations_.dosed.lead_in_min_s) +
                                       build_s_ / rows_in_a_round()};
    for (std::size_t i = 0; i < references_.size(); ++i) {
      const WindowOptions& window = durations_.references[i];
      const double guess_s = (window.lead_in_min_s + window.lead_in_max_s) / 2;
      overheads_s.push_back(windows_.overhead_s(dosed_kind + 1 + i, guess_s));
    }
    return overheads_s;
  }

  WindowRunner& windows_;
  const Clock& clock_;
  MeterTraits traits_;
  const std::vector<Target>& references_;
  const WeighingLayout& layout_;
  DosedWorkloads& dosed_;
  WeighingDurations durations_;
  const RoundsOptions& options_;
  const RoundsWatch& watch_;
  WeighingResult& result_;
  QuietRows quiet_;
  std::vector<std::unique_ptr<Workload>> workloads_;
  Probed probed_;
  double build_s_ = 0;  // of the last round
};

}  // namespace

WeighingResult run_weighing(TaskRunner& runner, EnergyMeter& meter, const std::vector<Target>& references,
                            const WeighingLayout& dosable, DosedWorkloads& dosed, const RoundsOptions& given,
                            const RoundsWatch& watch) {
  check_options(given);
  WeighingLayout layout = dosable;
  layout.uniform_pairs = given.uniform_pairs;
  layout.weight_of_call = time_of_calls(dosed, layout);
  check_layout(layout, given.fraction);
  const RoundsOptions options = with_whole_designs(given, layout);
  check_references(references, layout);
  const WeighingDurations durations = weighing_durations(references, options, meter.traits());
  check_time(layout, durations, options);
  WeighingResult result;
  result.rounds.seed = options.seed;
  result.fraction = options.fraction;
  result.passes = layout.passes;
  WindowRunner windows(runner, meter, options, watch, result.rounds, dosed_kind + 1 + references.size());
  {
    WeighingRounds source(windows, runner.clock(), meter.traits(), references, layout, dosed, durations, options, watch,
                          result);
    result.rounds.stop_reason = run_round_loop(windows, source, options, result.rounds);
    source.mark();
  }
  WeighedRounds estimate =
      estimate_weighing(result.rounds.windows, infos_of(references), layout, precision_rule(options));
  if (result.changed_buffers > 0) {
    for (std::size_t i = references.size(); i < estimate.rounds.targets.size(); ++i) {
      add_status(estimate.rounds.targets[i], "buffers_changed");
    }
  }
  take_estimate(result.rounds, std::move(estimate.rounds));
  result.weighing = std::move(estimate.weighing);
  result.rounds.elapsed_s = windows.elapsed_s();
  return result;
}

}  // namespace clear_native
