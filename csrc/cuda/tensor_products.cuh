#pragma once
// Products on tensor cores for the calibration kernels. Compute capability 9.0 reaches its rate with operands in shared
// memory alone (PTX ISA, "wgmma.mma_async"); the others have operands in registers (PTX ISA, "mma.sync").

#include <cuda_runtime.h>

#include "calibration_layout.hpp"

namespace clear_native::cuda {

/// Between two chunks of work.
__device__ inline void rest(const CalibrationArguments& given) {
  if (given.sleep_ns > 0) __nanosleep(given.sleep_ns);
}

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

#define CLEAR_GROUP_PLACES                                                                       \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "                       \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "             \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "             \
  "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "             \
  "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "             \
  "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "             \
  "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, " \
  "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
#define CLEAR_GROUP_SUMS                                                                                              \
  "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3]), "+f"(sums[4]), "+f"(sums[5]), "+f"(sums[6]),            \
      "+f"(sums[7]), "+f"(sums[8]), "+f"(sums[9]), "+f"(sums[10]), "+f"(sums[11]), "+f"(sums[12]), "+f"(sums[13]),    \
      "+f"(sums[14]), "+f"(sums[15]), "+f"(sums[16]), "+f"(sums[17]), "+f"(sums[18]), "+f"(sums[19]), "+f"(sums[20]), \
      "+f"(sums[21]), "+f"(sums[22]), "+f"(sums[23]), "+f"(sums[24]), "+f"(sums[25]), "+f"(sums[26]), "+f"(sums[27]), \
      "+f"(sums[28]), "+f"(sums[29]), "+f"(sums[30]), "+f"(sums[31]), "+f"(sums[32]), "+f"(sums[33]), "+f"(sums[34]), \
      "+f"(sums[35]), "+f"(sums[36]), "+f"(sums[37]), "+f"(sums[38]), "+f"(sums[39]), "+f"(sums[40]), "+f"(sums[41]), \
      "+f"(sums[42]), "+f"(sums[43]), "+f"(sums[44]), "+f"(sums[45]), "+f"(sums[46]), "+f"(sums[47]), "+f"(sums[48]), \
      "+f"(sums[49]), "+f"(sums[50]), "+f"(sums[51]), "+f"(sums[52]), "+f"(sums[53]), "+f"(sums[54]), "+f"(sums[55]), \
      "+f"(sums[56]), "+f"(sums[57]), "+f"(sums[58]), "+f"(sums[59]), "+f"(sums[60]), "+f"(sums[61]), "+f"(sums[62]), \
      "+f"(sums[63]), "+f"(sums[64]), "+f"(sums[65]), "+f"(sums[66]), "+f"(sums[67]), "+f"(sums[68]), "+f"(sums[69]), \
      "+f"(sums[70]), "+f"(sums[71]), "+f"(sums[72]), "+f"(sums[73]), "+f"(sums[74]), "+f"(sums[75]), "+f"(sums[76]), \
      "+f"(sums[77]), "+f"(sums[78]), "+f"(sums[79]), "+f"(sums[80]), "+f"(sums[81]), "+f"(sums[82]), "+f"(sums[83]), \
      "+f"(sums[84]), "+f"(sums[85]), "+f"(sums[86]), "+f"(sums[87]), "+f"(sums[88]), "+f"(sums[89]), "+f"(sums[90]), \
      "+f"(sums[91]), "+f"(sums[92]), "+f"(sums[93]), "+f"(sums[94]), "+f"(sums[95]), "+f"(sums[96]), "+f"(sums[97]), \
      "+f"(sums[98]), "+f"(sums[99]), "+f"(sums[100]), "+f"(sums[101]), "+f"(sums[102]), "+f"(sums[103]),             \
      "+f"(sums[104]), "+f"(sums[105]), "+f"(sums[106]), "+f"(sums[107]), "+f"(sums[108]), "+f"(sums[109]),           \
      "+f"(sums[110]), "+f"(sums[111]), "+f"(sums[112]), "+f"(sums[113]), "+f"(sums[114]), "+f"(sums[115]),           \
      "+f"(sums[116]), "+f"(sums[117]), "+f"(sums[118]), "+f"(sums[119]), "+f"(sums[120]), "+f"(sums[121]),           \
      "+f"(sums[122]), "+f"(sums[123]), "+f"(sums[124]), "+f"(sums[125]), "+f"(sums[126]), "+f"(sums[127])

#define CLEAR_GROUP_PRODUCT(shape_and_types, transposes)                                                 \
  asm volatile("{.reg .pred adds; setp.ne.b32 adds, 1, 0; wgmma.mma_async.sync.aligned." shape_and_types \
               " {" CLEAR_GROUP_PLACES "}, %128, %129, adds, 1, 1" transposes ";}"                       \
               : CLEAR_GROUP_SUMS                                                                        \
               : "l"(a), "l"(b))

// Each adds the product of a 64 x 32-byte tile and a 32-byte x 256 one, which the descriptors tell.
#define CLEAR_TENSOR_TYPE(Name, group, transposes, warp)                                                 \
  struct Name {                                                                                          \
    static __device__ void add(float (&sums)[kCalibrationGroupSums], std::uint64_t a, std::uint64_t b) { \
      CLEAR_GROUP_PRODUCT(group, transposes);                                                            \
    }                                                                                                    \
  }
#else

#define CLEAR_WARP_PRODUCT(shape_and_types)                                                                           \
  asm volatile("mma.sync.aligned." shape_and_types " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
               : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])                                           \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

// Each adds the product of a 16 x 32-byte tile and a 32-byte x 8 one.
#define CLEAR_TENSOR_TYPE(Name, group, transposes, warp)                                           \
  struct Name {                                                                                    \
    static __device__ void add(float (&sums)[4], const unsigned (&a)[4], const unsigned (&b)[2]) { \
      CLEAR_WARP_PRODUCT(warp);                                                                    \
    }                                                                                              \
  }
#endif

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
CLEAR_TENSOR_TYPE(Fp16, "m64n256k16.f32.f16.f16", ", 0, 0", "m16n8k16.row.col.f32.f16.f16.f32");
CLEAR_TENSOR_TYPE(Bf16, "m64n256k16.f32.bf16.bf16", ", 0, 0", "m16n8k16.row.col.f32.bf16.bf16.f32");
CLEAR_TENSOR_TYPE(Tf32, "m64n256k8.f32.tf32.tf32", "", "m16n8k8.row.col.f32.tf32.tf32.f32");
#endif
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 890
CLEAR_TENSOR_TYPE(Fp8, "m64n256k32.f32.e4m3.e4m3", "", "m16n8k32.row.col.f32.e4m3.e4m3.f32");
#endif

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

/// Of a tile of rows of 128 bytes in shared memory, swizzled by 128 bytes, groups of 8 rows one after another.
__device__ inline std::uint64_t descriptor_of(const void* tile) {
  const auto address = static_cast<std::uint64_t>(__cvta_generic_to_shared(tile));
  constexpr std::uint64_t group_bytes = 8 * 128;
  constexpr std::uint64_t swizzled_by_128 = 1;
  return ((address & 0x3ffff) >> 4) | (std::uint64_t{1} << 16) | ((group_bytes >> 4) << 32) | (swizzled_by_128 << 62);
}

/// Two warpgroups, each with its own tiles. Dynamic shared memory: kCalibrationGroupBytes and up to 1024 to align.
template <typename Type>
__device__ float tensor_products(const CalibrationArguments& given) {
  extern __shared__ unsigned char shared[];
  auto* tiles = shared + (1024 - __cvta_generic_to_shared(shared) % 1024) % 1024;
  const auto* from = reinterpret_cast<const uint4*>(given.memory);
  for (unsigned i = threadIdx.x; i < kCalibrationGroupBytes / 16; i += kCalibrationThreads) {
    reinterpret_cast<uint4*>(tiles)[i] = from[i];
  }
  asm volatile("fence.proxy.async.shared::cta;");  // what threads wrote is read by the tensor cores
  __syncthreads();
  constexpr unsigned k_steps = 128 / 32;
  const unsigned char* own = tiles + threadIdx.x / 128 * (kCalibrationGroupBytes / 2);
  const std::uint64_t a = descriptor_of(own);
  const std::uint64_t b = descriptor_of(own + 64 * 128);
  float sums[kCalibrationGroupSums] = {};
  for (std::uint32_t chunk = 0; chunk < given.chunks; ++chunk) {
    asm volatile("wgmma.fence.sync.aligned;");
#pragma unroll 1
    for (unsigned turn = 0; turn < kCalibrationGroupProducts / k_steps; ++turn) {
#pragma unroll
      for (unsigned step = 0; step < k_steps; ++step) Type::add(sums, a + 2 * step, b + 2 * step);  // 32 bytes on
    }
    asm volatile("wgmma.commit_group.sync.aligned;");
    asm volatile("wgmma.wait_group.sync.aligned 0;");
    rest(given);
  }
  float all = 0;
#pragma unroll
  for (const float sum : sums) all += sum;
  return all;
}

#else

template <typename Type>
__device__ float tensor_products(const CalibrationArguments& given) {
  const auto* random = reinterpret_cast<const unsigned*>(given.memory);
  unsigned a[4];
  unsigned b[2];
#pragma unroll
  for (unsigned i = 0; i < 4; ++i) a[i] = random[threadIdx.x + i * kCalibrationThreads];
#pragma unroll
  for (unsigned i = 0; i < 2; ++i) b[i] = random[threadIdx.x + (4 + i) * kCalibrationThreads];
  float sums[kCalibrationTiles][4] = {};
  for (std::uint32_t chunk = 0; chunk < given.chunks; ++chunk) {
#pragma unroll 4
    for (unsigned turn = 0; turn < kCalibrationProducts / kCalibrationTiles; ++turn) {
#pragma unroll
      for (auto& tile : sums) Type::add(tile, a, b);
    }
    rest(given);
  }
  float all = 0;
#pragma unroll
  for (const auto& tile : sums) all += tile[0] + tile[1] + tile[2] + tile[3];
  return all;
}
#endif

}  // namespace clear_native::cuda
