#pragma once
// The power fields and the buffered samples of one GPU, as far as the driver has them.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/meters/meter.hpp"
#include "core/meters/nvml_device.hpp"

namespace clear_native {

/// What may not be read is as good as not there: the meter itself has its say.
class NvmlSource {
 public:
  /// Throws Error as NvmlDevice does.
  explicit NvmlSource(const std::string& uuid);

  /// "instant" and "usage".
  [[nodiscard]] static std::vector<std::string> field_names();
  /// Watts; absent where the driver has no such field, or it may not be read.
  [[nodiscard]] std::optional<double> field_power_w(const std::string& name) const;
  /// Those since the last call; none where the driver has none.
  std::vector<PowerSample> samples();

 private:
  NvmlDevice device_;
  std::unique_ptr<EnergyMeter> samples_;
};

}  // namespace clear_native
