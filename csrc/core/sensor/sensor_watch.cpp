#include "sensor_watch.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace clear_native {
namespace {

constexpr double pause_s = 0.002;
constexpr double drain_every_s = 0.5;  // the driver keeps 2.4 s of samples
constexpr double watch_every_s = 0.1;
constexpr double longer_by_s = 0.1;     // a phase, at most
constexpr double golden_share = 0.618;  // its multiples, without their whole parts, spread evenly

void poll_field(SensorBench& bench, const std::string& name, SensorTrace& trace) {
  const double begin_s = bench.now_s();
  const std::optional<double> power_w = bench.field_power_w(name);
  const double end_s = bench.now_s();
  if (!power_w) return;
  auto field = std::find_if(trace.fields.begin(), trace.fields.end(),
                            [&](const FieldTrace& known) { return known.name == name; });
  if (field == trace.fields.end())
    field = trace.fields.insert(field, FieldTrace{.name = name, .seen = {}, .read_s = {}});
  field->seen.push_back({(begin_s + end_s) / 2, *power_w});
  field->read_s.push_back(end_s - begin_s);
}

void drain(SensorBench& bench, SensorTrace& trace) {
  const std::vector<PowerSample> samples = bench.samples();
  trace.samples.insert(trace.samples.end(), samples.begin(), samples.end());
}

/// One time on, and the time off after it.
void watch_cycle(SensorBench& bench, const StepPlan& plan, int cycle, SteppedTrace& stepped, const BenchWatch& watch) {
  SensorTrace& trace = stepped.trace;
  const double extra_s = longer_by_s * std::fmod((cycle + 1) * golden_share, 1.0);
  trace.edges.push_back({bench.start_load(), true});
  try {
    watch_sensor(bench, plan.phase_s + extra_s, trace, watch);
    if (cycle == plan.cycles - 1) {
      stepped.steady_begin_s = bench.now_s();
      watch_sensor(bench, plan.steady_s, trace, watch);
      stepped.steady_end_s = bench.now_s();
    }
  } catch (...) {
    bench.stop_load();  // a load that failed is what should be told
    throw;
  }
  trace.edges.push_back({bench.stop_load(), false});
  watch_sensor(bench, plan.phase_s + extra_s / 2, trace, watch);
}

}  // namespace

void watch_sensor(SensorBench& bench, double duration_s, SensorTrace& trace, const BenchWatch& watch) {
  const std::vector<std::string> names = bench.field_names();
  const double until_s = bench.now_s() + duration_s;
  double drained_s = bench.now_s();
  double looked_s = drained_s;
  stop_if_interrupted(watch);
  while (bench.now_s() < until_s) {
    trace.readings.push_back(bench.read());
    for (const std::string& name : names) poll_field(bench, name, trace);
    const double now_s = bench.now_s();
    if (now_s - drained_s >= drain_every_s) {
      drain(bench, trace);
      drained_s = bench.now_s();
    }
    if (now_s - looked_s >= watch_every_s) {
      stop_if_interrupted(watch);
      looked_s = now_s;
    }
    bench.sleep(pause_s);
  }
  drain(bench, trace);
  trace.end_s = bench.now_s();
}

SensorTrace watch_sensor(SensorBench& bench, double duration_s, const BenchWatch& watch) {
  bench.samples();  // those buffered before are of another time
  SensorTrace trace;
  trace.begin_s = bench.now_s();
  watch_sensor(bench, duration_s, trace, watch);
  return trace;
}

SteppedTrace watch_steps(SensorBench& bench, const StepPlan& plan, const BenchWatch& watch) {
  SteppedTrace stepped;
  stepped.trace = watch_sensor(bench, plan.phase_s, watch);
  for (int cycle = 0; cycle < plan.cycles; ++cycle) {
    if (watch.between) watch.between();
    watch_cycle(bench, plan, cycle, stepped, watch);
  }
  return stepped;
}

}  // namespace clear_native
