#pragma once
// Before a calibration: its own loads in turn, until the device is as warm as they keep it.

#include <functional>
#include <vector>

#include "core/meters/meter.hpp"
#include "core/windows/task_runner.hpp"
#include "core/windows/window.hpp"
#include "core/windows/workload.hpp"

namespace clear_native {

/// Ends when the mean temperature over the loads stays within 0.15 K from one few seconds to the next, or after
/// `max_s`; at once where the meter tells no temperature. `progress` gets it now and then. Throws Error (interrupted,
/// device_lost, sensor_*, cuda_error).
void warm_up(TaskRunner& runner, EnergyMeter& meter, const std::vector<Workload*>& loads, double max_s,
             const Watch& watch, const std::function<void(double temperature_c)>& progress);

}  // namespace clear_native
