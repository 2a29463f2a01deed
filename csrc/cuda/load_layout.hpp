#pragma once
// How the load's kernel is launched: shared by the host and load_kernels.cu.

namespace clear_native::cuda {

inline constexpr unsigned kBurnThreads = 256;           // in a block
inline constexpr unsigned kBurnBlocksPerProcessor = 2;  // all run at once, on every GPU since Turing
inline constexpr unsigned kBurnWarps = kBurnThreads / 32;

}  // namespace clear_native::cuda
