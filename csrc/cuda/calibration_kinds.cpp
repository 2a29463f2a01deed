#include "calibration_kinds.hpp"

#include <algorithm>

#include "calibration_layout.hpp"

namespace clear_native::cuda {
namespace {

constexpr double l2_share = 0.25;     // well inside of it, also where it is two halves that keep copies
constexpr std::size_t times_l2 = 16;  // reuse after so much finds next to nothing there
constexpr unsigned aligned_bytes = 1024;

constexpr double warps_per_block = kCalibrationThreads / 32.0;
constexpr double groups_per_block = kCalibrationThreads / 128.0;

struct Tensor {
  const char* name;
  const char* function;
  int bytes;        // of a number
  unsigned format;  // of random numbers
  int least_capability;
};

constexpr Tensor tensors[] = {
    {"tensor_fp16", "clear_calibration_tensor_fp16", 2, 16, 80},
    {"tensor_bf16", "clear_calibration_tensor_bf16", 2, 17, 80},
    {"tensor_tf32", "clear_calibration_tensor_tf32", 4, 32, 80},
    {"tensor_fp8", "clear_calibration_tensor_fp8", 1, 8, 89},
};

CalibrationKind moves_bytes(std::string name, std::string function, double bytes, CalibrationMemory memory) {
  return {.name = std::move(name),
          .unit = "byte",
          .function = std::move(function),
          .units_per_chunk = bytes,
          .memory = memory};
}

/// A product takes 32 bytes of every row, whatever the type.
CalibrationKind multiplies(const Tensor& tensor, bool by_groups) {
  const double depth = 32.0 / tensor.bytes;
  const double of_group = 2.0 * 64 * 256 * depth * kCalibrationGroupProducts * groups_per_block;
  const double of_warp = 2.0 * 16 * 8 * depth * kCalibrationProducts * warps_per_block;
  return {.name = tensor.name,
          .unit = "FLOP",
          .function = tensor.function,
          .units_per_chunk = by_groups ? of_group : of_warp,
          .blocks_per_sm = by_groups ? 2 : 4,
          .shared_bytes = by_groups ? kCalibrationGroupBytes + aligned_bytes : 0,
          .format = tensor.format};
}

}  // namespace

std::vector<CalibrationKind> calibration_kinds(const DeviceProperties& device) {
  const double shared_bytes = kCalibrationSharedSweeps * double{kCalibrationSharedBytes};
  const double fmas = double{kCalibrationThreads} * kCalibrationAccumulators * kCalibrationFmas;
  std::vector<CalibrationKind> kinds{
      {.name = "occupancy", .unit = "", .function = "clear_calibration_occupancy"},
      moves_bytes("dram_read", "clear_calibration_read", kCalibrationChunkBytes, CalibrationMemory::dram),
      moves_bytes("dram_write", "clear_calibration_write", kCalibrationChunkBytes, CalibrationMemory::dram),
      moves_bytes("l2_read", "clear_calibration_read", kCalibrationChunkBytes, CalibrationMemory::l2),
      moves_bytes("shared_read", "clear_calibration_shared", shared_bytes, CalibrationMemory::none),
      {.name = "fma_fp32",
       .unit = "FLOP",
       .function = "clear_calibration_fma",
       .units_per_chunk = 2 * fmas,
       .format = 32},
  };
  const int capability = 10 * device.compute_major + device.compute_minor;
  for (const Tensor& tensor : tensors) {
    if (capability >= tensor.least_capability) kinds.push_back(multiplies(tensor, capability == 90));
  }
  return kinds;
}

std::size_t calibration_bytes(const CalibrationKind& kind, const DeviceProperties& device) {
  const std::size_t step = std::size_t{kCalibrationChunkBytes} * static_cast<std::size_t>(kind.blocks_per_sm) *
                           static_cast<std::size_t>(device.sm_count);
  switch (kind.memory) {
    case CalibrationMemory::none:
      return kCalibrationGroupBytes + 65536;  // random numbers to begin with
    case CalibrationMemory::l2:
      return std::max<std::size_t>(kCalibrationChunkBytes,
                                   static_cast<std::size_t>(l2_share * static_cast<double>(device.l2_bytes)) /
                                       kCalibrationChunkBytes * kCalibrationChunkBytes);
    case CalibrationMemory::dram:
      return std::max<std::size_t>(1, times_l2 * device.l2_bytes / step) * step;
  }
  return 0;
}

}  // namespace clear_native::cuda
