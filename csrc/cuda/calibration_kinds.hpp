#pragma once
// What the device can be made to do, one thing at a time, and how much of it a kernel does.

#include <cstddef>
#include <string>
#include <vector>

#include "context.hpp"

namespace clear_native::cuda {

/// Which memory a kernel walks through.
enum class CalibrationMemory { none, l2, dram };

/// A kernel that does one thing.
struct CalibrationKind {
  std::string name;            // "dram_read", "tensor_bf16", ...; "occupancy" does nothing
  std::string unit;            // "byte" or "FLOP"; empty: nothing is counted
  std::string function;        // in the module
  double units_per_chunk = 0;  // of one block
  int blocks_per_sm = 4;
  unsigned shared_bytes = 0;  // dynamic
  unsigned format = 0;        // of its random numbers, as clear_calibration_fill takes it
  CalibrationMemory memory = CalibrationMemory::none;
};

/// All that this device has. "occupancy" comes first.
std::vector<CalibrationKind> calibration_kinds(const DeviceProperties& device);

/// Bytes to walk through: small enough to stay in the L2, or so large that it does not help. A multiple of what all
/// blocks move in one chunk.
std::size_t calibration_bytes(const CalibrationKind& kind, const DeviceProperties& device);

}  // namespace clear_native::cuda
