#include <array>
#include <utility>

#include "calibration_report.hpp"
#include "device_limits.hpp"

namespace clear_native::report {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 5> dtypes = {{{"fma_fp32", "float32"},
                                                                        {"tensor_fp16", "float16"},
                                                                        {"tensor_bf16", "bfloat16"},
                                                                        {"tensor_tf32", "tf32"},
                                                                        {"tensor_fp8", "float8_e4m3fn"}}};
constexpr const char* any_dtype = "float32";  // bytes per second are those of every data type

}  // namespace

std::optional<std::string> dtype_of_kind(const std::string& kind) {
  for (const auto& [name, dtype] : dtypes) {
    if (kind == name) return dtype;
  }
  return std::nullopt;
}

std::optional<double> published_rate(const std::string& kind, const std::string& gpu) {
  const std::optional<std::string> dtype = dtype_of_kind(kind);
  const bool is_memory = kind.starts_with("dram_");
  if (!dtype && !is_memory) return std::nullopt;
  const std::optional<DeviceLimits> limits = published_limits(gpu, dtype.value_or(any_dtype));
  if (!limits) return std::nullopt;
  return is_memory ? limits->bytes_per_s : limits->flops_per_s;
}

}  // namespace clear_native::report
