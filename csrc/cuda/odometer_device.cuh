#pragma once
// What the kernels that count have in common.

#include "odometer_layout.hpp"

namespace clear_native::cuda {

__device__ inline std::uint64_t global_time_ns() {
  std::uint64_t now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  return now;
}

__device__ inline void publish(OdometerState* state, volatile OdometerCell* cell) {
  const std::uint64_t sequence = state->sequence + 1;
  const std::uint64_t now = global_time_ns();
  state->sequence = sequence;
  cell->begin = sequence;
  __threadfence_system();
  cell->count = state->count;
  cell->stamp_ns = now;
  cell->log_ns[sequence % kOdometerLogSize] = now;
  __threadfence_system();
  cell->end = sequence;
}

}  // namespace clear_native::cuda
