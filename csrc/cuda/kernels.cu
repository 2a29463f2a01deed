// Kernels that every driver can load. Single-threaded but `spin` and `checksum`: their cost is their latency.

#include <cuda_runtime.h>

#include "checksum_layout.hpp"
#include "mixed_device.cuh"
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

/// Block (x, y) writes parts[y * kChecksumBlocks + x]: the sum over its share of range y of each word mixed with its
/// place.
__global__ void clear_checksum(const ChecksumRange* ranges, std::uint64_t* parts) {
  __shared__ std::uint64_t sums[kChecksumThreads];
  const ChecksumRange range = ranges[blockIdx.y];
  const auto* words = reinterpret_cast<const std::uint64_t*>(range.address);
  const auto* bytes = reinterpret_cast<const unsigned char*>(range.address);
  const std::uint64_t whole = range.bytes / 8;
  const std::uint64_t first = blockIdx.x * kChecksumThreads + threadIdx.x;
  const std::uint64_t step = kChecksumBlocks * kChecksumThreads;
  std::uint64_t sum = 0;
  for (std::uint64_t i = first; i < whole; i += step) sum += mixed(words[i] + 0x9e3779b97f4a7c15ULL * (i + 1));
  for (std::uint64_t i = 8 * whole + first; i < range.bytes; i += step) {
    sum += mixed(bytes[i] + 0x9e3779b97f4a7c15ULL * ~i);
  }
  sums[threadIdx.x] = sum;
  for (unsigned half = kChecksumThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  if (threadIdx.x == 0) parts[blockIdx.y * kChecksumBlocks + blockIdx.x] = sums[0];
}

}  // extern "C"
