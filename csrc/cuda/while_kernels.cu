// Kernels of a WHILE node. Apart from the others: a driver without conditional nodes cannot load
// cudaGraphSetConditional.

#include <cuda_runtime.h>

#include "odometer_device.cuh"

using namespace clear_native::cuda;

extern "C" {

/// Before a WHILE node, in its graph: every launch begins with its own number of turns.
__global__ void clear_reset_turns(OdometerState* state, OdometerCell* cell, LoopParameters loop) {
  const bool stop = static_cast<volatile OdometerCell*>(cell)->stop != 0;
  state->turns_left = stop ? 1 : loop.turns;
  state->turns_done = 0;
}

/// Last in the body of a WHILE node: counts the turn and decides on the next.
__global__ void clear_while_condition(OdometerState* state, OdometerCell* cell, LoopParameters loop,
                                      cudaGraphConditionalHandle handle) {
  const std::uint64_t done = state->turns_done + 1;
  std::uint64_t left = state->turns_left - 1;
  if (left > 0 && done % loop.look_every == 0 && static_cast<volatile OdometerCell*>(cell)->stop != 0) left = 0;
  state->turns_done = done;
  state->turns_left = left;
  state->count += loop.count_per_turn;
  if (left == 0 || done % loop.publish_every == 0) publish(state, cell);
  cudaGraphSetConditional(handle, left > 0 ? 1U : 0U);
}

}  // extern "C"
