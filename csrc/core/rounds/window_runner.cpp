#include "window_runner.hpp"

#include <algorithm>
#include <cmath>

#include "core/statistics/center.hpp"
#include "schedule.hpp"

namespace clear_native {
namespace {

constexpr double starved_fraction = 0.005;  // of a window, besides ...
constexpr double usual_times = 3;           // times the median of those before
constexpr std::size_t fewest_before = 4;

std::string fault_of(const Window& window) {
  if (window.status == "counter_went_back") {
    return "The energy counter went back during a window of '" + window.target +
           "'. It must only grow; it was reset, or the driver was loaded again.";
  }
  return "The energy counter stood still during a window of '" + window.target + "' while work ran.";
}

void without_numbers(Window& window) {
  window.status = "starved";
  window.energy_per_pass_j.reset();
  window.energy_per_pass_counter_j.reset();
  window.energy_per_pass_samples_j.reset();
  window.time_per_pass_s.reset();
  window.sensor_used = SensorUsed::none;
}

}  // namespace

bool is_sensor_failure(const Window& window) {
  return window.status == "counter_went_back" || window.status == "counter_stalled";
}

double phase_dither_s(const MeterTraits& traits, std::uint64_t seed, int round, int position) {
  const double step_s = traits.has_power_samples ? power_sample_period_s : traits.period_s;
  Random seeds(seed ^ 0xA0761D6478BD642FULL);
  Random rounds(seeds.next() ^ (static_cast<std::uint64_t>(round) * 0xD1342543DE82EF95ULL));
  Random random(rounds.next() ^ (static_cast<std::uint64_t>(position) * 0x2545F4914F6CDD1DULL));
  return step_s * std::ldexp(static_cast<double>(random.next() >> 11U), -53);
}

WindowRunner::WindowRunner(TaskRunner& runner, EnergyMeter& meter, const RoundsOptions& options,
                           const RoundsWatch& watch, RoundsResult& result, std::size_t kinds)
    : runner_(runner),
      meter_(meter),
      options_(options),
      watch_(watch),
      result_(result),
      traits_(meter.traits()),
      started_s_(runner.clock().now_s()),
      overhead_sums_s_(kinds, 0),
      overhead_counts_(kinds, 0),
      idle_fractions_(kinds) {
  result_.begun_s = started_s_;
}

double WindowRunner::elapsed_s() const {
  return runner_.clock().now_s() - started_s_;
}

double WindowRunner::overhead_s(std::size_t kind, double guess_s) const {
  return overhead_counts_[kind] > 0 ? overhead_sums_s_[kind] / overhead_counts_[kind] : guess_s;
}

void WindowRunner::note_overhead(std::size_t kind, double overhead_s) {
  overhead_sums_s_[kind] += overhead_s;
  ++overhead_counts_[kind];
}

void WindowRunner::announce_plan(int planned_rounds, int more_windows, double expected_s) {
  planned_windows_ = windows_done_ + more_windows;
  planned_rounds_ = planned_rounds;
  expected_s_ = expected_s;
}

WindowRunner::End WindowRunner::fail(ErrorKind kind, const std::string& message) {
  result_.failure_kind = kind;
  result_.failure_message = message;
  return End::failed;
}

WindowRunner::End WindowRunner::run(int round, const std::vector<PlannedWindow>& windows,
                                    const std::function<void(const PlannedWindow&)>& after_window) {
  std::vector<const PlannedWindow*> order;
  order.reserve(windows.size());
  for (const PlannedWindow& window : windows) order.push_back(&window);
  for (std::size_t position = 0; position < order.size(); ++position) {
    if (elapsed_s() >= options_.max_time_s) return End::out_of_time;
    const bool again = position >= windows.size();
    switch (measure(*order[position], round, static_cast<int>(position), again, after_window)) {
      case WindowEnd::finished:
        break;
      case WindowEnd::again:
        order.push_back(order[position]);
        break;
      case WindowEnd::repeat:
        if (again) {
          return fail(ErrorKind::sensor_fault, last_fault_ +
                                                   " The window was repeated and failed again. Measure again; "
                                                   "if it persists, look at the driver's log (nvidia-smi, dmesg).");
        }
        order.push_back(order[position]);
        break;
      case WindowEnd::interrupted:
        return End::interrupted;
      case WindowEnd::failed:
        return End::failed;
    }
  }
  return End::complete;
}

WindowRunner::End WindowRunner::run_apart(const PlannedWindow& planned, std::optional<Window>& window) {
  Window measured;
  switch (try_window(planned, planned.options, measured)) {
    case WindowEnd::finished:
    case WindowEnd::again:
      if (!is_sensor_failure(measured)) window = std::move(measured);
      break;
    case WindowEnd::repeat:
      break;
    case WindowEnd::interrupted:
      return End::interrupted;
    case WindowEnd::failed:
      return End::failed;
  }
  return End::complete;
}

WindowRunner::WindowEnd WindowRunner::try_window(const PlannedWindow& planned, const WindowOptions& options,
                                                 Window& window) {
  try {
    window = measure_window(runner_, meter_, *planned.workload, options, watch_.window);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) return WindowEnd::interrupted;
    if (error.kind() == ErrorKind::sensor_fault) {
      last_fault_ = error.what();
      return WindowEnd::repeat;
    }
    fail(error.kind(), error.what());
    return WindowEnd::failed;
  }
  return WindowEnd::finished;
}

WindowRunner::WindowEnd WindowRunner::measure(const PlannedWindow& planned, int round, int position, bool again,
                                              const std::function<void(const PlannedWindow&)>& after_window) {
  WindowOptions options = planned.options;
  const double dither_s = phase_dither_s(traits_, options_.seed, round, position);
  options.lead_in_min_s += dither_s;
  options.lead_in_max_s += dither_s;
  const double began_s = runner_.clock().now_s();
  Window window;
  const WindowEnd end = try_window(planned, options, window);
  if (end != WindowEnd::finished) return end;
  if (after_window) after_window(planned);
  window.target = planned.target;
  window.round = round;
  window.position = position;
  window.doses = planned.doses;
  const bool repeat = is_sensor_failure(window);
  if (repeat) last_fault_ = fault_of(window);
  if (!repeat) note_overhead(planned.kind, runner_.clock().now_s() - began_s - options.duration_s);
  if (window.other_processes) {
    result_.other_processes_peak = std::max(result_.other_processes_peak.value_or(0), *window.other_processes);
  }
  const bool starved = !repeat && is_starved(window, planned.kind) && !again;
  if (starved) without_numbers(window);
  result_.windows.push_back(std::move(window));
  ++windows_done_;
  report(planned.target, round);
  if (starved) return WindowEnd::again;
  return repeat ? WindowEnd::repeat : WindowEnd::finished;
}

bool WindowRunner::is_starved(const Window& window, std::size_t kind) {
  std::vector<double>& before = idle_fractions_[kind];
  const double limit = before.size() >= fewest_before ? starved_fraction + usual_times * median(before) : 1;
  before.push_back(window.idle_fraction);
  return window.idle_fraction > limit;
}

void WindowRunner::report(const std::string& target, int round) {
  if (!watch_.progress) return;
  Progress progress;
  progress.round = round;
  progress.planned_rounds = planned_rounds_;
  progress.windows_done = windows_done_;
  progress.windows_planned = planned_windows_;
  progress.elapsed_s = elapsed_s();
  progress.expected_s = expected_s_;
  progress.max_time_s = options_.max_time_s;
  progress.target = target;
  watch_.progress(progress);
}

}  // namespace clear_native
