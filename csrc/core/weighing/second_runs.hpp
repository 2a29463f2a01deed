#pragma once
// What a doubled call of an eager model does once more, and when; and over how many passes doses spread.

#include <cstddef>
#include <vector>

namespace clear_native {

/// The work of `call`, right after call `after`.
struct CallAgain {
  std::size_t call = 0;
  std::size_t after = 0;
};

/// For each call of a pass, the first being the model's own. Warm: the call itself, at once. Cold: the one of its kind
/// that is half of them away, so that its weights are cold, half-way to where a call of this kind comes next, so that
/// its code is. Each call is the second run of exactly one. The model itself is always its own, as `other` is work on
/// activations, not on weights.
std::vector<CallAgain> second_runs(const std::vector<std::size_t>& kind_of_call, bool cold);

/// Unrolled passes of one set of doses: enough that a call which comes once in a pass can take a dose in some of them
/// and none in others, and that launches are long. Even, so that about half of them is always to be had.
int passes_for(double time_per_pass_s);

}  // namespace clear_native
