#pragma once
// The device that --device names, and what NVML tells of it.

#include <optional>
#include <string>

#include "report/record.hpp"

namespace clear_native::bench {

/// The number of a GPU; absent for the processor. Throws Error(bad_input) for another text.
std::optional<int> gpu_in(const std::string& device);

/// "cuda" where NVML shows a GPU, else "cpu".
std::string default_device();

/// Name, driver and limits of this GPU, beside the host's facts.
report::Facts environment_of_gpu(const std::string& uuid);

}  // namespace clear_native::bench
