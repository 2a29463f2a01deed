// Kernels that do one thing at a time, on random numbers: what a byte and an operation cost is the slope of power over
// their rate. The rate is set by sleeping between chunks of work, so that the same warps are resident at every rate.

#include <cuda_runtime.h>

#include "calibration_layout.hpp"
#include "mixed_device.cuh"
#include "tensor_products.cuh"

using namespace clear_native::cuda;

namespace {

/// Never true, and the compiler cannot know: keeps results alive without writing them.
__device__ bool never(unsigned word) {
  return word == 0x9e3779b9U && blockDim.x == 1;
}

__device__ void keep(const CalibrationArguments& given, unsigned word) {
  if (never(word)) *reinterpret_cast<unsigned*>(given.sink) = word;
}

__device__ void fold(uint4& sum, const uint4& word) {
  sum.x ^= word.x;
  sum.y ^= word.y;
  sum.z ^= word.z;
  sum.w ^= word.w;
}

/// Past L1, which is not coherent and would serve what is read again.
__device__ uint4 load_past_l1(const uint4* from) {
  uint4 word;
  asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(word.x), "=r"(word.y), "=r"(word.z), "=r"(word.w)
               : "l"(from));
  return word;
}

/// A read that is done as often as it stands here.
__device__ uint4 load_shared(const uint4* from) {
  uint4 word;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(word.x), "=r"(word.y), "=r"(word.z), "=r"(word.w)
               : "r"(static_cast<unsigned>(__cvta_generic_to_shared(from))));
  return word;
}

/// Where the block's next chunk begins: all blocks walk through the memory side by side, again and again.
__device__ uint4* chunk_of(const CalibrationArguments& given, std::uint32_t chunk) {
  const std::uint64_t at = (static_cast<std::uint64_t>(chunk) * gridDim.x + blockIdx.x) * kCalibrationChunkBytes;
  return reinterpret_cast<uint4*>(given.memory + at % given.memory_bytes);
}

}  // namespace

extern "C" {

/// Random floats of both signs from 0.5 to 1, by `format`: 32 float32 (and tf32), 16 float16, 17 bfloat16, 8 e4m3;
/// 0: plain random bits.
__global__ void clear_calibration_fill(std::uint64_t* words, std::uint64_t count, std::uint64_t format) {
  const std::uint64_t step = static_cast<std::uint64_t>(gridDim.x) * blockDim.x;
  for (std::uint64_t i = static_cast<std::uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    std::uint64_t word = mixed(i + 1);
    if (format == 32) word = (word & 0x807fffff807fffffULL) | 0x3f0000003f000000ULL;
    if (format == 16) word = (word & 0x83ff83ff83ff83ffULL) | 0x3800380038003800ULL;
    if (format == 17) word = (word & 0x807f807f807f807fULL) | 0x3f003f003f003f00ULL;
    if (format == 8) word = (word & 0x8787878787878787ULL) | 0x3030303030303030ULL;
    words[i] = word;
  }
}

/// Warps that are there and do nothing but sleep.
__global__ void clear_calibration_occupancy(CalibrationArguments given) {
  for (std::uint32_t chunk = 0; chunk < given.chunks; ++chunk) rest(given);
}

__global__ void clear_calibration_read(CalibrationArguments given) {
  uint4 sum{};
  for (std::uint32_t chunk = 0; chunk < given.chunks; ++chunk) {
    const uint4* from = chunk_of(given, chunk) + threadIdx.x;
    for (unsigned sweep = 0; sweep < kCalibrationSweeps; ++sweep) {
      uint4 words[kCalibrationLoads];
#pragma unroll
      for (unsigned i = 0; i < kCalibrationLoads; ++i) {
        words[i] = load_past_l1(from + (sweep * kCalibrationLoads + i) * kCalibrationThreads);
      }
#pragma unroll
      for (const uint4& word : words) fold(sum, word);
    }
    rest(given);
  }
  keep(given, sum.x ^ sum.y ^ sum.z ^ sum.w);
}

/// Writes what a generator gives, so that bits change from write to write as they do in data.
__global__ void clear_calibration_write(CalibrationArguments given) {
  std::uint64_t state = mixed(static_cast<std::uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x + 1);
  for (std::uint32_t chunk = 0; chunk < given.chunks; ++chunk) {
    uint4* to = chunk_of(given, chunk) + threadIdx.x;
#pragma unroll 4
    for (unsigned i = 0; i < kCalibrationLoads * kCalibrationSweeps; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      const auto high = static_cast<unsigned>(state >> 32);
      const auto low = static_cast<unsigned>(state);
      to[i * kCalibrationThreads] = uint4{high, low ^ high, high * 0x9e3779b9U, low};
    }
    rest(given);
  }
}

__global__ void clear_calibration_shared(CalibrationArguments given) {
  __shared__ uint4 kept[kCalibrationSharedBytes / 16];
  constexpr unsigned words = kCalibrationSharedBytes / 16;
  const auto* from = reinterpret_cast<const uint4*>(given.memory);
  for (unsigned i = threadIdx.x; i < words; i += kCalibrationThreads) kept[i] = from[i];
  __syncthreads();
  uint4 sum{};
  for (std::uint32_t chunk = 0; chunk < given.chunks; ++chunk) {
    for (unsigned sweep = 0; sweep < kCalibrationSharedSweeps; ++sweep) {
#pragma unroll
      for (unsigned i = 0; i < words / kCalibrationThreads; ++i) {
        fold(sum, load_shared(&kept[(threadIdx.x + i * kCalibrationThreads + sweep) % words]));
      }
    }
    rest(given);
  }
  keep(given, sum.x ^ sum.y ^ sum.z ^ sum.w);
}

__global__ void clear_calibration_fma(CalibrationArguments given) {
  const auto* random = reinterpret_cast<const float*>(given.memory);
  float sums[kCalibrationAccumulators];
#pragma unroll
  for (unsigned i = 0; i < kCalibrationAccumulators; ++i) sums[i] = random[threadIdx.x + i * kCalibrationThreads];
  const float factor = random[threadIdx.x];  // below 1 in size: sums stay where they are
  const float addend = random[threadIdx.x + 1];
  for (std::uint32_t chunk = 0; chunk < given.chunks; ++chunk) {
#pragma unroll 4
    for (unsigned turn = 0; turn < kCalibrationFmas; ++turn) {
#pragma unroll
      for (float& sum : sums) sum = fmaf(sum, factor, addend);
    }
    rest(given);
  }
  float all = 0;
#pragma unroll
  for (const float sum : sums) all += sum;
  keep(given, __float_as_uint(all));
}

#define CLEAR_TENSOR_KERNEL(name, Type)                                                     \
  __global__ void __launch_bounds__(kCalibrationThreads) name(CalibrationArguments given) { \
    keep(given, __float_as_uint(tensor_products<Type>(given)));                             \
  }
// None where the tensor cores do not have the type: then there is no such kernel in the module.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
CLEAR_TENSOR_KERNEL(clear_calibration_tensor_fp16, Fp16)
CLEAR_TENSOR_KERNEL(clear_calibration_tensor_bf16, Bf16)
CLEAR_TENSOR_KERNEL(clear_calibration_tensor_tf32, Tf32)
#endif
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 890
CLEAR_TENSOR_KERNEL(clear_calibration_tensor_fp8, Fp8)
#endif

}  // extern "C"
