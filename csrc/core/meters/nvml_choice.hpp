#pragma once
// Which of a GPU's sensors is read.

#include <memory>
#include <string>

#include "meter.hpp"

namespace clear_native {

/// `which`: "counter", "samples", "instant" or "usage", or "auto" for the first of these that the GPU has.
/// Throws Error: bad_input for another text, and what NvmlMeter and NvmlPowerMeter throw.
std::unique_ptr<EnergyMeter> open_nvml_meter(const std::string& uuid, const std::string& which);

}  // namespace clear_native
