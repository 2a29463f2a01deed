#pragma once
// What a doubled call does once more, and when; and over how many passes doses spread.

#include <cstddef>
#include <vector>

namespace clear_native {

/// The work of `call`, right after call `after`.
struct CallAgain {
  std::size_t call = 0;
  std::size_t after = 0;
};

/// Of an eager model: for each call of a pass, the first being the model's own. Warm: the call itself, at once. Cold:
/// the one of its kind that is half of them away, so that its weights are cold, half-way to where a call of this kind
/// comes next, so that its code is. Each call is the second run of exactly one. The model itself is always its own, as
/// `other` is work on activations, not on weights.
std::vector<CallAgain> second_runs(const std::vector<std::size_t>& kind_of_call, bool cold);

/// Of a model graph: for each of the stretches that it is cut into, `after` being the place of one in the pass. Warm:
/// itself, at once. Cold: one of its kind about half of them away, whose weights were used long ago and are not needed
/// again soon; where it is the only one of its kind, itself, half a pass later.
std::vector<CallAgain> second_runs_in_graph(const std::vector<std::size_t>& kind_of_call, bool cold);

/// How many calls of its kind away the second run of each of `count` calls of a graph is: near half of them. Going on
/// from twin to twin must come back after an odd number of steps where there is such a shift: after an even number, a
/// call and its twin would always take their doses together, and could not be told apart.
std::size_t twin_shift(std::size_t count);

/// Unrolled passes of one set of doses: enough that a call which comes once in a pass can take a dose in some of them
/// and none in others, and that launches are long. Even, so that about half of them is always to be had.
int passes_for(double time_per_pass_s);

}  // namespace clear_native
