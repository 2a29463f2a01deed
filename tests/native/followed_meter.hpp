#pragma once
// A follower of a scripted meter on a virtual clock, stepped as its thread would step it.

#include <memory>
#include <optional>
#include <vector>

#include "core/meters/scripted_meter.hpp"
#include "core/monitor/meter_follower.hpp"
#include "core/monitor/window_energy.hpp"
#include "virtual_runner.hpp"

namespace clear_native::testing {

struct FollowedMeter {
  explicit FollowedMeter(const Script& script)
      : meter(std::make_shared<ScriptedMeter>(script, clock,
                                              [this](double seconds) { clock->advance_to(clock->now_s() + seconds); })),
        follower(*clock, meter, 0) {}

  /// Until this time of the clock.
  void run_until(double time_s) {
    while (next_s <= time_s) {
      clock->advance_to(next_s);
      next_s = follower.step();
    }
    clock->advance_to(time_s);
  }

  std::shared_ptr<Edge> mark(bool aligned = false) {
    const double now_s = clock->now_s();
    auto edge = std::make_shared<Edge>(1, now_s, aligned ? std::nullopt : std::optional(now_s));
    follower.add(edge);
    return edge;
  }

  /// Runs on until both are known.
  WindowEnergy energy(const Edge& begin, const Edge& end) {
    for (int i = 0; i < 400 && !end.wait(0); ++i) run_until(clock->now_s() + 0.01);
    const auto at_begin = begin.wait(0);
    const auto at_end = end.wait(0);
    if (!at_begin || !at_end) {
      WindowEnergy none;
      none.status = "not settled";
      return none;
    }
    return window_energy(at_begin->front(), at_end->front(), *begin.time_s(), *end.time_s(), meter->traits());
  }

  [[nodiscard]] double truth_j(const Edge& begin, const Edge& end) const {
    return meter->energy_between_j(*begin.time_s(), *end.time_s());
  }

  std::shared_ptr<VirtualClock> clock = std::make_shared<VirtualClock>();
  std::shared_ptr<ScriptedMeter> meter;
  MeterFollower follower;
  double next_s = 0;
};

}  // namespace clear_native::testing
