#include "round_loop.hpp"

#include <algorithm>

namespace clear_native {
namespace {

StopReason reason_for(WindowRunner::End end) {
  switch (end) {
    case WindowRunner::End::interrupted:
      return StopReason::interrupted;
    case WindowRunner::End::failed:
      return StopReason::failed;
    case WindowRunner::End::complete:
    case WindowRunner::End::out_of_time:
      break;
  }
  return StopReason::max_time;
}

/// The rounds that a plan calls for become those of the result.
void announce(WindowRunner& windows, const RoundSource& source, const RoundsOptions& options, RoundsResult& result,
              int rounds) {
  const double all_s = windows.elapsed_s() + source.expected_round_s() * (rounds - result.rounds);
  int planned_windows = 0;
  for (int i = 0; i < rounds; ++i) planned_windows += source.windows_of(i);
  windows.announce_plan(rounds, planned_windows, std::min(all_s, options.max_time_s));
  result.planned_rounds = rounds;
}

}  // namespace

StopReason run_round_loop(WindowRunner& windows, RoundSource& source, const RoundsOptions& options,
                          RoundsResult& result) {
  const WindowRunner::End prepared = source.prepare();
  if (prepared != WindowRunner::End::complete) return reason_for(prepared);
  StopReason at_the_end = StopReason::precision_planned;
  int extensions = 0;
  for (int round = 0;; ++round) {
    if (round == options.pilot_rounds) {
      const RoundsPlan plan = source.plan();
      at_the_end = plan.stop_reason;
      announce(windows, source, options, result, plan.rounds);
    }
    if (round > 0 && round == result.planned_rounds) {
      const bool may_go_on = at_the_end == StopReason::precision_planned && extensions++ < most_extensions;
      const int rounds = may_go_on ? std::min(source.rounds_to_reach(round), options.max_rounds) : round;
      if (rounds <= round) return at_the_end;
      announce(windows, source, options, result, rounds);
    }
    const bool fits = windows.elapsed_s() + source.expected_round_s() <= options.max_time_s;
    if (round > 0 && !fits) return StopReason::max_time;
    const WindowRunner::End end = source.run(round);
    if (end != WindowRunner::End::complete) return reason_for(end);
    result.rounds = round + 1;
  }
}

}  // namespace clear_native
