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

/// Of the rounds that are left to do, those that fit in the time that is left.
int rounds_that_fit(const WindowRunner& windows, const RoundSource& source, const RoundsOptions& options, int left) {
  const double left_s = options.max_time_s - windows.elapsed_s();
  const double round_s = source.expected_round_s();
  if (round_s * left <= left_s) return left;
  return round_s > 0 ? static_cast<int>(std::max(0.0, left_s / round_s)) : left;
}

/// What is expected from here, for the progress. Said before every round, since rounds tell how long they take.
void announce(WindowRunner& windows, const RoundSource& source, const RoundsOptions& options,
              const RoundsResult& result) {
  const int done = result.rounds;
  const int more = rounds_that_fit(windows, source, options, result.planned_rounds - done);
  int more_windows = 0;
  for (int i = done; i < done + more; ++i) more_windows += source.windows_of(i);
  windows.announce_plan(done + more, more_windows, windows.elapsed_s() + source.expected_round_s() * more);
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
      result.planned_rounds = plan.rounds;
    }
    if (round > 0 && round == result.planned_rounds) {
      const bool may_go_on = at_the_end == StopReason::precision_planned && extensions++ < most_extensions;
      const int rounds = may_go_on ? std::min(source.rounds_to_reach(round), options.max_rounds) : round;
      if (rounds <= round) return at_the_end;
      result.planned_rounds = rounds;
    }
    if (round >= options.pilot_rounds) announce(windows, source, options, result);
    const bool fits = windows.elapsed_s() + source.expected_round_s() <= options.max_time_s;
    if (round > 0 && !fits) return StopReason::max_time;
    const WindowRunner::End end = source.run(round);
    if (end != WindowRunner::End::complete) return reason_for(end);
    result.rounds = round + 1;
  }
}

}  // namespace clear_native
