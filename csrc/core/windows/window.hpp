#pragma once
// A window: one measured stretch of back-to-back launches, as a list of (time, joules, passes) at ticks.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/meters/meter.hpp"
#include "task_runner.hpp"
#include "workload.hpp"

namespace clear_native {

/// A moment at which the meter's reading changed.
struct Tick {
  double time_s = 0;    // best estimate of the moment of change
  double energy_j = 0;  // reading from then on
  double passes = 0;    // odometer at that moment
};

struct WindowOptions {
  double lead_in_min_s = 0.15;   // unmeasured, at least
  double lead_in_max_s = 0.6;    // unmeasured, at most: power did not get steady
  double duration_s = 0.5;       // measured
  double poll_margin_s = 0.012;  // begins to poll so long before a predicted tick
};

/// The caller's view of a running measurement; both may be empty.
struct Watch {
  std::function<bool()> interrupted;  // asked at least every 100 ms, on the caller's thread
};

/// What a side meter counted between its two readings, at the begin and the end of the measured stretch.
struct SideEnergy {
  std::string scope;
  double begin_s = 0;
  double end_s = 0;
  double energy_j = 0;
};

enum class SensorUsed { counter, samples, none };

/// As result files have it.
const char* name_of(SensorUsed sensor) noexcept;

/// Raw record of one window and what follows from it. Kept whole in the result file.
struct Window {
  std::string target;
  int round = 0;
  int position = 0;    // place in its round
  double begin_s = 0;  // of the measured stretch
  double end_s = 0;
  double lead_in_s = 0;
  std::optional<std::string> doses;  // of a dosed window, per cell: - skipped, 0 once, + twice
  /// Of a dosed window, where it is known when the sensor looks: how far its energy is expected to be off for that,
  /// relative, root mean square over phases.
  std::optional<double> expected_beat;
  /// Of a window of a weighing in which the device ran at another than its main speed: time over what it takes at that,
  /// minus one. Absent at the main speed.
  std::optional<double> off_speed;
  std::vector<Tick> ticks;
  std::vector<PowerSample> power_samples;
  std::vector<OdometerReading> odometer;
  std::vector<SideEnergy> sides;
  std::optional<OperatingPoint> operating_point;
  std::optional<int> other_processes;  // that compute on the device, at the begin of the lead-in
  // derived; absent where there was too little to derive them from
  std::optional<double> energy_per_pass_j;          // by `sensor_used`
  std::optional<double> energy_per_pass_counter_j;  // slope over ticks
  std::optional<double> energy_per_pass_samples_j;  // mean of samples over the pass rate
  std::optional<double> time_per_pass_s;
  double passes = 0;  // in the measured stretch
  SensorUsed sensor_used = SensorUsed::none;
  std::string status = "ok";  // ok, too_few_ticks, counter_went_back, counter_stalled, unsteady, starved
  double idle_fraction = 0;   // share of the stretch in which no launch was queued, as far as the caller saw
};

/// Runs one window: lead-in, measured stretch, drain. The workload is drained however this returns.
/// Throws Error (interrupted, device_lost, sensor_*, cuda_error).
Window measure_window(TaskRunner& runner, EnergyMeter& meter, Workload& workload, const WindowOptions& options,
                      const Watch& watch);

}  // namespace clear_native
