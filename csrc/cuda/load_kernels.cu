// The load that shows what a GPU's sensor does: tensor cores busy for a given time.

#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <mma.h>

#include "load_layout.hpp"
#include "odometer_device.cuh"

using namespace clear_native::cuda;

namespace {

constexpr int kTile = 16;         // rows and columns of a matrix of one product
constexpr int kChains = 4;        // products that do not wait for each other, to fill the tensor cores
constexpr int kTurnsPerLook = 4;  // at the clock, which is slow beside a product

using namespace nvcuda;
using Left = wmma::fragment<wmma::matrix_a, kTile, kTile, kTile, __half, wmma::row_major>;
using Right = wmma::fragment<wmma::matrix_b, kTile, kTile, kTile, __half, wmma::row_major>;
using Sum = wmma::fragment<wmma::accumulator, kTile, kTile, kTile, float>;

/// In [-1, 1): a linear congruential generator (Numerical Recipes, 7.1), so that operands toggle bits.
__device__ __half random_value(unsigned seed) {
  const unsigned state = (seed * 1664525U + 1013904223U) * 1664525U + 1013904223U;
  return __float2half(static_cast<float>(state >> 8U) / 8388608.0F - 1.0F);
}

}  // namespace

extern "C" {

/// kBurnThreads threads in a block. sums[warp] keeps the products from being left out.
__global__ void __launch_bounds__(kBurnThreads, kBurnBlocksPerProcessor)
    clear_burn(std::uint64_t duration_ns, float* sums) {
  __shared__ __align__(32) __half tiles[2 * kChains][kTile * kTile];
  const std::uint64_t begin = global_time_ns();
  for (unsigned i = threadIdx.x; i < 2 * kChains * kTile * kTile; i += kBurnThreads) {
    tiles[i / (kTile * kTile)][i % (kTile * kTile)] = random_value(i);
  }
  __syncthreads();
  Left left[kChains];
  Right right[kChains];
  Sum sum[kChains];
#pragma unroll
  for (int chain = 0; chain < kChains; ++chain) {
    wmma::load_matrix_sync(left[chain], tiles[chain], kTile);
    wmma::load_matrix_sync(right[chain], tiles[kChains + chain], kTile);
    wmma::fill_fragment(sum[chain], 0.0F);
  }
  do {
    for (int turn = 0; turn < kTurnsPerLook; ++turn) {
#pragma unroll
      for (int other = 0; other < kChains; ++other) {
#pragma unroll
        for (int chain = 0; chain < kChains; ++chain) {
          wmma::mma_sync(sum[chain], left[chain], right[(chain + other) % kChains], sum[chain]);
        }
      }
    }
  } while (global_time_ns() - begin < duration_ns);
  float total = 0;
#pragma unroll
  for (int chain = 0; chain < kChains; ++chain) {
    for (int i = 0; i < sum[chain].num_elements; ++i) total += sum[chain].x[i];
  }
  const unsigned warp = (blockIdx.x * kBurnThreads + threadIdx.x) / 32;
  if (threadIdx.x % 32 == 0) sums[warp] = total;
}

}  // extern "C"
