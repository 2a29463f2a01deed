#pragma once
// What host and device agree on about the calibration kernels.

#include <cstdint>

namespace clear_native::cuda {

/// Argument of every calibration kernel. A block does `chunks` pieces of work, and sleeps after each.
struct CalibrationArguments {
  std::uint64_t memory = 0;        // device address of random numbers
  std::uint64_t memory_bytes = 0;  // a multiple of grid * kCalibrationChunkBytes
  std::uint64_t sink = 0;          // device address of one word, which is written where a result could be lost else
  std::uint32_t chunks = 1;
  std::uint32_t sleep_ns = 0;  // after each chunk; 0: not at all
};

constexpr unsigned kCalibrationThreads = 256;
constexpr unsigned kCalibrationLoads = 8;  // of 16 bytes, that a thread has under way at once
constexpr unsigned kCalibrationSweeps = 4;
/// Of memory, that a block moves in a chunk of the kernels that move memory.
constexpr unsigned kCalibrationChunkBytes = kCalibrationThreads * kCalibrationLoads * kCalibrationSweeps * 16;
/// FMAs of a thread in a chunk: on so many independent accumulators, so often each.
constexpr unsigned kCalibrationAccumulators = 16;
constexpr unsigned kCalibrationFmas = 64;
/// Shared memory that a block reads, and how often in a chunk.
constexpr unsigned kCalibrationSharedBytes = 16384;
constexpr unsigned kCalibrationSharedSweeps = 32;
/// Products of a warp in a chunk with registers as operands (below compute capability 9, and of 10 and more), on
/// kCalibrationTiles independent 16 x 8 tiles.
constexpr unsigned kCalibrationTiles = 8;
constexpr unsigned kCalibrationProducts = 32;
/// Products of a warpgroup in a chunk with operands in shared memory (compute capability 9.0): 64 x 256 tiles.
constexpr unsigned kCalibrationGroupProducts = 64;
constexpr unsigned kCalibrationGroupSums = 128;  // float32 that each thread has of a tile
/// 64 rows of A and 256 of B, of 128 bytes each, for each of the two warpgroups of a block.
constexpr unsigned kCalibrationGroupBytes = 2 * (64 + 256) * 128;

}  // namespace clear_native::cuda
