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

}  // namespace

StopReason run_round_loop(WindowRunner& windows, RoundSource& source, const RoundsOptions& options,
                          RoundsResult& result) {
  const WindowRunner::End prepared = source.prepare();
  if (prepared != WindowRunner::End::complete) return reason_for(prepared);
  StopReason at_the_end = StopReason::precision_planned;
  for (int round = 0; result.planned_rounds == 0 || round < result.planned_rounds; ++round) {
    if (round == options.pilot_rounds) {
      const RoundsPlan plan = source.plan();
      at_the_end = plan.stop_reason;
      result.planned_rounds = plan.rounds;
      const double all_s = windows.elapsed_s() + source.expected_round_s() * (plan.rounds - round);
      int planned_windows = 0;
      for (int i = 0; i < plan.rounds; ++i) planned_windows += source.windows_of(i);
      windows.announce_plan(plan.rounds, planned_windows, std::min(all_s, options.max_time_s));
      if (round == plan.rounds) break;
    }
    const bool fits = windows.elapsed_s() + source.expected_round_s() <= options.max_time_s;
    if (round > 0 && !fits) return StopReason::max_time;
    const WindowRunner::End end = source.run(round);
    if (end != WindowRunner::End::complete) return reason_for(end);
    result.rounds = round + 1;
  }
  return at_the_end;
}

}  // namespace clear_native
