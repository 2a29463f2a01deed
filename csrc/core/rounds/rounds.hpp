#pragma once
// Windows of all targets in rounds of random order, until the precision asked for is expected to be reached.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "core/windows/window.hpp"
#include "estimate.hpp"

namespace clear_native {

struct Target {
  std::string name;
  TargetRole role = TargetRole::component;
  Workload* workload = nullptr;  // borrowed
  std::optional<double> duration_s =
      std::nullopt;  // of its windows; absent: the pilot's, then what the plan finds best
};

struct RoundsOptions {
  double precision = 0.01;            // 95 % half-width: this share of a component ...
  double precision_of_model = 0.003;  // ... or this share of the model, whichever is larger
  double max_time_s = 60;
  int min_rounds = 8;
  int max_rounds = 200;
  int pilot_rounds = 4;
  double min_duration_s = 0.12;  // of a window after the pilot; longer where a meter without samples needs it
  double max_duration_s = 1.0;
  std::uint64_t seed = 0;
  WindowOptions window = {.duration_s = 0.15};  // its duration is the pilot's
  // of a weighing
  double fraction = 0.7;           // of a component's cells that a row doses
  double largest_fraction = 0.95;  // after the pilot, where times show that energy bends little with the mix
  double capped_fraction = 0.6;    // at most, where power limits the clocks: there energy bends most with the mix
  int pairs_per_round = 3;         // foldover pairs: a design spreads over several rounds
  int uniform_pairs = 0;  // of a design, in which all components have one sign: they weigh the sum, for the closure
  double dosed_duration_s = 0.3;      // of a dosed window in the pilot, and at least
  double dosed_max_duration_s = 0.6;  // after it, where that brings the precision sooner than more rows
  double dosed_lead_in_s = 0.15;      // before it: dosed windows stay near the model's own mix and settle soon
  double near_lead_in_max_s = 0.17;   // references near the model's mix: from the dosed windows' lead-in to this
  double reference_duration_s = 0.2;  // of every other window: two ticks of the counter at least
  int chain_windows = 1;              // of the closure's reference in a round
};

struct Progress {
  int round = 0;
  int planned_rounds = 0;  // those that fit in max_time_s; 0: not yet known (pilot)
  int windows_done = 0;
  int windows_planned = 0;  // of the planned rounds, and those done
  double elapsed_s = 0;
  double expected_s = 0;  // in all, of the planned rounds
  double max_time_s = 0;  // the most that measuring may take
  std::string target;     // of the window that was just finished
};

struct RoundsWatch {
  Watch window;
  std::function<void(const Progress&)> progress;  // caller's thread, between windows
};

enum class StopReason { precision_planned, max_time, max_rounds, interrupted, failed };

/// As result files have it.
const char* name_of(StopReason reason) noexcept;

struct RoundsResult {
  std::vector<Window> windows;          // all finished windows, in the order they ran
  std::vector<TargetEstimate> targets;  // in the order of the targets given
  std::optional<ClosureEstimate> energy_closure;
  std::optional<ClosureEstimate> time_closure;
  std::optional<ClosureEstimate> perturbation;  // preserved over plain, minus one
  int rounds = 0;                               // complete ones
  std::uint64_t seed = 0;
  int planned_rounds = 0;         // by the rule, after the pilot; 0: the pilot did not finish
  std::optional<double> begun_s;  // on the clock of the windows: when the first one began, a weighing's probe too
  double elapsed_s = 0;           // from then on
  StopReason stop_reason = StopReason::precision_planned;
  std::optional<double> drift_per_hour;     // of energy, relative, fitted and removed; absent: too few windows
  std::optional<double> carry_over_per_w;   // of energy, relative, per watt of what ran before a window; likewise
  std::optional<double> temperature_per_k;  // of energy, relative, per kelvin; likewise, where the meter tells it
  std::optional<Interval> sensors;          // counter over samples of the whole profile
  std::vector<std::string> statuses;        // of the whole profile, as of a target
  std::optional<int> other_processes_peak;  // absent: the driver does not tell
  std::optional<ErrorKind> failure_kind;    // with StopReason::failed; what was finished is kept
  std::string failure_message;
};

/// Throws Error(bad_input).
void check_options(const RoundsOptions& options);

/// Names differ, there is a workload, and no role but that of a component is taken twice; else throws Error(bad_input).
void check_targets(const std::vector<Target>& targets);

/// What the estimate says becomes the result's.
void take_estimate(RoundsResult& result, RoundsEstimate estimate);

PrecisionRule precision_rule(const RoundsOptions& options);
std::vector<TargetInfo> infos_of(const std::vector<Target>& targets);

/// The shortest window that this meter makes something of.
double shortest_window_s(const MeterTraits& traits);

/// Throws Error(bad_input) for impossible options or targets. Every Error after that is told in the result, and the
/// finished windows are kept. What else `launch` or the watch throws (an exception of Python, say) passes through.
RoundsResult run_rounds(TaskRunner& runner, EnergyMeter& meter, const std::vector<Target>& targets,
                        const RoundsOptions& options, const RoundsWatch& watch);

}  // namespace clear_native
