#pragma once
// A pilot, then the number of rounds that it calls for, and what ends them: the same for every method.

#include "window_runner.hpp"

namespace clear_native {

struct RoundsPlan {
  int rounds = 0;                                          // the pilot counted in
  StopReason stop_reason = StopReason::precision_planned;  // once they are done: what set their number
};

/// The rounds of one method.
class RoundSource {
 public:
  virtual ~RoundSource() = default;

  /// Before the first round: may learn what the rounds are to be like. Throws Error(bad_input) where they cannot be.
  virtual WindowRunner::End prepare() { return WindowRunner::End::complete; }

  /// Runs the windows of this round.
  virtual WindowRunner::End run(int round) = 0;
  /// Of the next round.
  [[nodiscard]] virtual double expected_round_s() const = 0;
  [[nodiscard]] virtual int windows_of(int round) const = 0;
  /// Asked once, when the pilot is done. May settle what the rounds after it are like.
  virtual RoundsPlan plan() = 0;
  /// Asked when the planned rounds are done, at most `most_extensions` times: how many, those done counted in, will
  /// reach the precision. `done` where that is reached, cannot be, or would only narrow intervals about a bias.
  virtual int rounds_to_reach(int done) { return done; }
};

/// The pilot may have been too hopeful. Few further stages, each of a fixed number of rounds, leave intervals that
/// hold; looking after every round would not.
inline constexpr int most_extensions = 2;

/// Fills in `rounds` and `planned_rounds` of the result; says why it ended. Throws what `prepare` throws.
StopReason run_round_loop(WindowRunner& windows, RoundSource& source, const RoundsOptions& options,
                          RoundsResult& result);

}  // namespace clear_native
