#include "round_runner.hpp"

#include <algorithm>
#include <cstddef>

#include "schedule.hpp"

namespace clear_native {
namespace {

std::string fault_of(const Window& window) {
  if (window.status == "counter_went_back") {
    return "The energy counter went back during a window of '" + window.target +
           "'. It must only grow; it was reset, or the driver was loaded again.";
  }
  return "The energy counter stood still during a window of '" + window.target + "' while work ran.";
}

}  // namespace

bool is_sensor_failure(const Window& window) {
  return window.status == "counter_went_back" || window.status == "counter_stalled";
}

RoundRunner::RoundRunner(TaskRunner& runner, EnergyMeter& meter, const std::vector<Target>& targets,
                         const RoundsOptions& options, const RoundsWatch& watch, RoundsResult& result)
    : runner_(runner),
      meter_(meter),
      targets_(targets),
      options_(options),
      watch_(watch),
      result_(result),
      started_s_(runner.clock().now_s()),
      overhead_sums_s_(targets.size(), 0),
      overhead_counts_(targets.size(), 0) {}

double RoundRunner::elapsed_s() const {
  return runner_.clock().now_s() - started_s_;
}

double RoundRunner::overhead_s(std::size_t target) const {
  if (overhead_counts_[target] > 0) return overhead_sums_s_[target] / overhead_counts_[target];
  return (options_.window.lead_in_min_s + options_.window.lead_in_max_s) / 2;
}

void RoundRunner::note_overhead(std::size_t target, double overhead_s) {
  overhead_sums_s_[target] += overhead_s;
  ++overhead_counts_[target];
}

double RoundRunner::expected_round_s(const std::vector<double>& durations_s) const {
  double expected_s = 0;
  for (std::size_t i = 0; i < targets_.size(); ++i) expected_s += overhead_s(i) + durations_s[i];
  return expected_s;
}

void RoundRunner::announce_plan(int planned_rounds, double expected_s) {
  planned_rounds_ = planned_rounds;
  expected_s_ = expected_s;
}

RoundRunner::End RoundRunner::fail(ErrorKind kind, const std::string& message) {
  result_.failure_kind = kind;
  result_.failure_message = message;
  return End::failed;
}

RoundRunner::End RoundRunner::run(int round, const std::vector<double>& durations_s) {
  std::vector<std::size_t> order = round_order(options_.seed, round, targets_.size());
  const std::size_t first_repeat = order.size();
  for (std::size_t position = 0; position < order.size(); ++position) {
    if (elapsed_s() >= options_.max_time_s) return End::out_of_time;
    const std::size_t target = order[position];
    switch (measure(target, round, static_cast<int>(position), durations_s[target])) {
      case WindowEnd::finished:
        break;
      case WindowEnd::repeat:
        if (position >= first_repeat) {
          return fail(ErrorKind::sensor_fault, last_fault_ +
                                                   " The window was repeated and failed again. Measure again; "
                                                   "if it persists, look at the driver's log (nvidia-smi, dmesg).");
        }
        order.push_back(target);
        break;
      case WindowEnd::interrupted:
        return End::interrupted;
      case WindowEnd::failed:
        return End::failed;
    }
  }
  return End::complete;
}

RoundRunner::WindowEnd RoundRunner::measure(std::size_t target, int round, int position, double duration_s) {
  WindowOptions options = options_.window;
  options.duration_s = duration_s;
  const double began_s = runner_.clock().now_s();
  Window window;
  try {
    window = measure_window(runner_, meter_, *targets_[target].workload, options, watch_.window);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) return WindowEnd::interrupted;
    if (error.kind() == ErrorKind::sensor_fault) {
      last_fault_ = error.what();
      return WindowEnd::repeat;
    }
    fail(error.kind(), error.what());
    return WindowEnd::failed;
  }
  window.target = targets_[target].name;
  window.round = round;
  window.position = position;
  const bool repeat = is_sensor_failure(window);
  if (repeat) last_fault_ = fault_of(window);
  if (!repeat) note_overhead(target, runner_.clock().now_s() - began_s - duration_s);
  if (window.other_processes) {
    result_.other_processes_peak = std::max(result_.other_processes_peak.value_or(0), *window.other_processes);
  }
  result_.windows.push_back(std::move(window));
  ++windows_done_;
  report(target, round);
  return repeat ? WindowEnd::repeat : WindowEnd::finished;
}

void RoundRunner::report(std::size_t target, int round) {
  if (!watch_.progress) return;
  Progress progress;
  progress.round = round;
  progress.planned_rounds = planned_rounds_;
  progress.windows_done = windows_done_;
  progress.windows_planned = planned_rounds_ * static_cast<int>(targets_.size());
  progress.elapsed_s = elapsed_s();
  progress.expected_s = expected_s_;
  progress.target = targets_[target].name;
  watch_.progress(progress);
}

}  // namespace clear_native
