#pragma once
// On which side of the roofline a component is: what its FLOPs, or its bytes, take at the least on this device
// (S. Williams, A. Waterman, D. Patterson, Communications of the ACM 52 (2009), 65).

#include <optional>
#include <string>

#include "record.hpp"

namespace clear_native::report {

struct Roofline {
  std::string bound;  // "compute" or "memory", whichever takes longer at the device's limits
  double flops_per_byte = 0;
  double ridge_flops_per_byte = 0;  // where both take equally long
  double least_time_s = 0;
  std::optional<double> reached;  // least time over measured time
};

/// Absent where limits, FLOPs or bytes are not known, or nothing is moved.
std::optional<Roofline> roofline_of(const ModelResult& part, const std::optional<DeviceLimits>& limits);

}  // namespace clear_native::report
