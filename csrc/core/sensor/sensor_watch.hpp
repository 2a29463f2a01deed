#pragma once
// Watches a meter and the power fields beside it, at rest and while a load goes on and off.

#include "sensor_bench.hpp"
#include "sensor_trace.hpp"

namespace clear_native {

/// Reads everything again and again for so long, and adds it to the trace.
void watch_sensor(SensorBench& bench, double duration_s, SensorTrace& trace, const BenchWatch& watch);
/// A trace of its own; what the driver buffered before is left out.
SensorTrace watch_sensor(SensorBench& bench, double duration_s, const BenchWatch& watch);

struct StepPlan {
  int cycles = 3;
  double phase_s = 1;   // of each time on and each time off, at least
  double steady_s = 1;  // the last time it stays on for so much longer
};

struct SteppedTrace {
  SensorTrace trace;
  double steady_begin_s = 0;  // of that longer stretch
  double steady_end_s = 0;
};

/// Off, on, off, ... with phases that differ a little, so that edges do not keep step with the sensor. The load ends
/// however this does. `watch.between` is called before each start of the load.
SteppedTrace watch_steps(SensorBench& bench, const StepPlan& plan, const BenchWatch& watch);

}  // namespace clear_native
