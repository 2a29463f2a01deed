#include "window.hpp"

#include <atomic>
#include <cmath>
#include <string>

#include "core/errors.hpp"
#include "drain.hpp"
#include "launcher_task.hpp"
#include "meter_task.hpp"
#include "window_estimate.hpp"

namespace clear_native {
namespace {

void check(const WindowOptions& options) {
  const bool sane = std::isfinite(options.duration_s) && options.duration_s > 0 && options.lead_in_min_s >= 0 &&
                    std::isfinite(options.lead_in_max_s) && options.lead_in_max_s >= options.lead_in_min_s &&
                    options.poll_margin_s >= 0;
  if (sane) return;
  throw Error(ErrorKind::bad_input, "A window cannot have a duration of " + std::to_string(options.duration_s) +
                                        " s and a lead-in of " + std::to_string(options.lead_in_min_s) + " to " +
                                        std::to_string(options.lead_in_max_s) +
                                        " s. The duration must be positive and the lead-in 0 <= min <= max.");
}

}  // namespace

const char* name_of(SensorUsed sensor) noexcept {
  switch (sensor) {
    case SensorUsed::counter:
      return "counter";
    case SensorUsed::samples:
      return "samples";
    case SensorUsed::none:
      return "none";
  }
  return "none";
}

Window measure_window(TaskRunner& runner, EnergyMeter& meter, Workload& workload, const WindowOptions& options,
                      const Watch& watch) {
  check(options);
  DrainOnUnwind guard(workload);
  std::atomic<bool> stop = false;
  LauncherTask launcher(runner.clock(), workload, watch, stop);
  MeterTask metering(runner.clock(), meter, workload, options, stop);
  runner.run(launcher, metering);
  guard.drain();
  Window window = window_from_record(metering.record(), meter.traits());
  window.idle_fraction = launcher.idle_fraction(window.begin_s, window.end_s);
  return window;
}

}  // namespace clear_native
