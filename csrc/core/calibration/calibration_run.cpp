#include "calibration_run.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/rounds/target_status.hpp"
#include "core/windows/idle_workload.hpp"
#include "warm_up.hpp"

namespace clear_native {
namespace {

constexpr const char* idle = "idle";
constexpr int pilot_rounds = 2;
constexpr double no_precision = 1;  // the rounds are set, not planned

std::string target_of(const CalibrationSubject& subject, std::size_t rate) {
  return subject.name + "/" + std::to_string(rate);
}

CalibratedKind kind_of(const CalibrationSubject& subject) {
  CalibratedKind kind{.name = subject.name, .unit = subject.unit, .points = {}};
  for (std::size_t i = 0; i < subject.rates.size(); ++i) {
    kind.points.push_back({.target = target_of(subject, i), .units_per_pass = subject.rates[i].units_per_pass});
  }
  return kind;
}

std::vector<Target> targets_of(const std::vector<CalibrationSubject>& subjects, Workload& idling, double window_s) {
  std::vector<Target> targets{{.name = idle, .role = TargetRole::idle, .workload = &idling, .duration_s = window_s}};
  for (const CalibrationSubject& subject : subjects) {
    for (std::size_t i = 0; i < subject.rates.size(); ++i) {
      targets.push_back({.name = target_of(subject, i),
                         .role = TargetRole::component,
                         .workload = subject.rates[i].workload.get(),
                         .duration_s = window_s});
    }
  }
  return targets;
}

/// Of all loads; idling is so little of a round that it makes no difference.
std::vector<Workload*> loads_of(const std::vector<CalibrationSubject>& subjects) {
  std::vector<Workload*> loads;
  for (const CalibrationSubject& subject : subjects) {
    for (const LoadAtRate& rate : subject.rates) loads.push_back(rate.workload.get());
  }
  return loads;
}

RoundsOptions rounds_options(const CalibrationOptions& options) {
  if (options.rounds < pilot_rounds) {
    throw Error(ErrorKind::bad_input, "a calibration of " + std::to_string(options.rounds) +
                                          " rounds has no intervals: use at least 2, for instance 8");
  }
  RoundsOptions rounds;
  rounds.precision = rounds.precision_of_model = no_precision;
  rounds.pilot_rounds = pilot_rounds;
  rounds.min_rounds = rounds.max_rounds = options.rounds;
  rounds.max_time_s = options.max_time_s;
  rounds.seed = options.seed;
  return rounds;
}

/// Warms up, then measures. What ends the warming is told as what ends the rounds is.
RoundsResult warm_rounds(TaskRunner& runner, EnergyMeter& meter, const std::vector<CalibrationSubject>& subjects,
                         const std::vector<Target>& targets, const CalibrationOptions& options,
                         const RoundsWatch& watch, const std::function<void(double temperature_c)>& warming) {
  RoundsOptions rounds = rounds_options(options);
  check_options(rounds);
  check_targets(targets);
  const double begin_s = runner.clock().now_s();
  try {
    warm_up(runner, meter, loads_of(subjects), options.warm_up_share * options.max_time_s, watch.window, warming);
  } catch (const Error& error) {
    RoundsResult ended;
    ended.seed = options.seed;
    ended.stop_reason = error.kind() == ErrorKind::interrupted ? StopReason::interrupted : StopReason::failed;
    if (ended.stop_reason == StopReason::failed) {
      ended.failure_kind = error.kind();
      ended.failure_message = error.what();
    }
    return ended;
  }
  rounds.max_time_s -= runner.clock().now_s() - begin_s;
  return run_rounds(runner, meter, targets, rounds, watch);
}

void add_new(std::vector<std::string>& statuses, const std::string& status) {
  if (std::find(statuses.begin(), statuses.end(), status) == statuses.end()) statuses.push_back(status);
}

/// What went on in the windows of a kind; and no slope where its interval is wider than itself, or there is none.
void judge(KindCost& cost, const CalibratedKind& kind, const std::vector<Window>& windows) {
  for (const CalibratedPoint& point : kind.points) {
    for (const std::string& status : operating_statuses(windows, point.target)) {
      if (status != "power_capped") add_new(cost.statuses, status);  // the cost itself tells, with the clocks
    }
  }
  const std::optional<Interval>& slope = cost.energy_per_unit_j;
  if (slope && slope->half_width && *slope->half_width < std::abs(slope->mean)) return;
  cost.energy_per_unit_j.reset();
  add_new(cost.statuses, "below_resolution");
}

}  // namespace

Calibration run_calibration(TaskRunner& runner, EnergyMeter& meter, const std::vector<CalibrationSubject>& subjects,
                            const CalibrationOptions& options, const RoundsWatch& watch,
                            const std::function<void(double temperature_c)>& warming) {
  // An idle device is idle on any clock; this one is the runner's, so that both agree about a second.
  IdleWorkload idling(std::shared_ptr<const Clock>(&runner.clock(), [](const Clock*) {}));
  const double window_s = std::max(options.window_s, shortest_window_s(meter.traits()));
  const std::vector<Target> targets = targets_of(subjects, idling, window_s);
  Calibration found;
  found.rounds = warm_rounds(runner, meter, subjects, targets, options, watch, warming);
  found.statuses = found.rounds.statuses;
  const std::vector<Window>& windows = found.rounds.windows;
  std::vector<std::string> names;
  names.reserve(targets.size());
  for (const Target& target : targets) names.push_back(target.name);
  const CalibratedWindows seen = calibrated_windows(windows, names);
  found.static_power_w = power_of(seen, idle);
  for (const CalibrationSubject& subject : subjects) {
    const CalibratedKind kind = kind_of(subject);
    if (subject.unit.empty()) {
      if (!kind.points.empty()) found.occupied_power_w = power_of(seen, kind.points.front().target);
      continue;
    }
    found.kinds.push_back(cost_of_kind(windows, seen, kind));
    judge(found.kinds.back(), kind, windows);
  }
  return found;
}

}  // namespace clear_native
