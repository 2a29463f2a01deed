#include "roofline.hpp"

#include <algorithm>

namespace clear_native::report {

std::optional<Roofline> roofline_of(const ModelResult& part, const std::optional<DeviceLimits>& limits) {
  if (!limits || !part.flops || !part.bytes || *part.bytes == 0) return std::nullopt;
  if (std::min(limits->flops_per_s, limits->bytes_per_s) < 1) return std::nullopt;
  const auto flops = static_cast<double>(*part.flops);
  const auto bytes = static_cast<double>(*part.bytes);
  const double compute_s = flops / limits->flops_per_s;
  const double memory_s = bytes / limits->bytes_per_s;
  Roofline found{.bound = compute_s > memory_s ? "compute" : "memory",
                 .flops_per_byte = flops / bytes,
                 .ridge_flops_per_byte = limits->flops_per_s / limits->bytes_per_s,
                 .least_time_s = std::max(compute_s, memory_s),
                 .reached = std::nullopt};
  if (part.time_s && *part.time_s != 0) found.reached = found.least_time_s / *part.time_s;
  return found;
}

}  // namespace clear_native::report
