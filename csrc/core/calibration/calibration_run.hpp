#pragma once
// A whole calibration: the loads warm the device up, then windows of every load at every rate, and of idling, in rounds
// of random order.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calibration_estimate.hpp"
#include "core/rounds/rounds.hpp"

namespace clear_native {

/// What runs, and how much of it a pass does.
struct LoadAtRate {
  std::unique_ptr<Workload> workload;
  double units_per_pass = 0;
};

/// A load that does one thing, the fastest rate first. An empty unit counts nothing: warps that are resident and sleep.
struct CalibrationSubject {
  std::string name;
  std::string unit;  // "byte", "FLOP" or empty
  std::vector<LoadAtRate> rates;
};

struct CalibrationOptions {
  int rounds = 8;
  double max_time_s = 150;
  double warm_up_share = 0.15;  // of that time, at most
  double window_s = 0.3;        // longer where the meter needs it
  std::uint64_t seed = 0;
};

struct Calibration {
  std::vector<KindCost> kinds;               // in the order of the subjects that have a unit
  std::optional<Interval> static_power_w;    // nothing runs, right after what did
  std::optional<Interval> occupied_power_w;  // all warps resident, asleep; absent where that was not measured
  std::vector<std::string> statuses;         // of the whole; those of kinds are with them
  RoundsResult rounds;                       // the windows, and how it ended
};

/// Throws Error(bad_input) for options or subjects that cannot be. Later errors and Ctrl-C are told in `rounds`, and
/// the estimate is of what was finished. `warming` is told the temperature while the device warms up.
Calibration run_calibration(TaskRunner& runner, EnergyMeter& meter, const std::vector<CalibrationSubject>& subjects,
                            const CalibrationOptions& options, const RoundsWatch& watch,
                            const std::function<void(double temperature_c)>& warming = {});

}  // namespace clear_native
