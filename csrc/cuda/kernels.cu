// Kernels that every driver can load. Single-threaded but `spin`: their cost is their latency.

#include <cuda_runtime.h>

#include "odometer_device.cuh"

using namespace clear_native::cuda;

extern "C" {

__global__ void clear_odometer(OdometerState* state, OdometerCell* cell, std::uint64_t increment) {
  state->count += increment;
  publish(state, cell);
}

__global__ void clear_empty() {}

/// Keeps its threads busy for a given time: a kernel of known cost.
__global__ void clear_spin(std::uint64_t duration_ns) {
  const std::uint64_t begin = global_time_ns();
  while (global_time_ns() - begin < duration_ns) {
  }
}

}  // extern "C"
