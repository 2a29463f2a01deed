#include "deep_idle.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "sensor_trace.hpp"

namespace clear_native {
namespace {

constexpr double change_at_most_s = 2.0;  // waits so long for a change
constexpr double poll_every_s = 0.001;
constexpr double look_every_s = 0.1;

void sleep_thread(double duration_s) {
  std::this_thread::sleep_for(std::chrono::duration<double>(duration_s));
}

/// The meter at its next change, or as it is after a while without one.
EnergyPoint next_change(EnergyMeter& meter, const Clock& clock, const BenchWatch& watch,
                        const std::function<void(double)>& sleep) {
  const EnergyReading before = meter.read();
  EnergyReading now = before;
  const double until_s = clock.now_s() + change_at_most_s;
  double looked_s = clock.now_s();
  while (now.energy_j == before.energy_j && clock.now_s() < until_s) {
    if (clock.now_s() - looked_s >= look_every_s) {
      stop_if_interrupted(watch);
      looked_s = clock.now_s();
    }
    sleep(poll_every_s);
    now = meter.read();
  }
  return {(now.begin_s + now.end_s) / 2, now.energy_j};
}

}  // namespace

DeepIdle deep_idle(EnergyMeter& meter, double duration_s, const Clock& clock, const BenchWatch& watch,
                   const std::function<void(double)>& sleep) {
  const std::function<void(double)> pause = sleep ? sleep : sleep_thread;
  DeepIdle found;
  if (const int others = meter.other_processes().value_or(0); others > 0) {
    found.notes.push_back(std::to_string(others) +
                          " other processes had a context on the GPU while deep idle was measured.");
  }
  stop_if_interrupted(watch);
  const EnergyPoint begin = next_change(meter, clock, watch, pause);
  double left_s = duration_s;
  while (left_s > 0) {
    stop_if_interrupted(watch);
    pause(std::min(left_s, look_every_s));
    left_s -= look_every_s;
  }
  const EnergyPoint end = next_change(meter, clock, watch, pause);
  if (end.time_s <= begin.time_s || end.energy_j <= begin.energy_j) {
    found.notes.emplace_back("Deep idle power was not measured: the reading stood still.");
  } else {
    found.power_w = (end.energy_j - begin.energy_j) / (end.time_s - begin.time_s);
  }
  return found;
}

}  // namespace clear_native
