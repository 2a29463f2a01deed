#pragma once
// Several meters at once: one drives the measurement, the others are read at the begin and the end of its windows.

#include <memory>
#include <vector>

#include "meter.hpp"

namespace clear_native {

class MeterWithSides final : public EnergyMeter {
 public:
  /// Throws Error(bad_input) where two of them have the same scope: their joules would be counted twice.
  MeterWithSides(std::shared_ptr<EnergyMeter> driving, std::vector<std::shared_ptr<EnergyMeter>> sides);

  [[nodiscard]] MeterTraits traits() const override { return driving_->traits(); }
  EnergyReading read() override { return driving_->read(); }
  std::vector<PowerSample> power_samples() override { return driving_->power_samples(); }
  std::optional<OperatingPoint> operating_point() override { return driving_->operating_point(); }
  std::optional<int> other_processes() override { return driving_->other_processes(); }
  /// A side meter whose sensor failed is left out: what drives the measurement goes on.
  std::vector<SideReading> side_readings() override;
  [[nodiscard]] std::vector<MeterTraits> side_traits() const override;

 private:
  std::shared_ptr<EnergyMeter> driving_;
  std::vector<std::shared_ptr<EnergyMeter>> sides_;
};

}  // namespace clear_native
