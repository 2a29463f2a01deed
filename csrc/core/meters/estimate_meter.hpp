#pragma once
// No sensor: time times a stated constant power. Everything derived from it is marked as estimated.

#include <memory>
#include <string>

#include "core/windows/clock.hpp"
#include "meter.hpp"

namespace clear_native {

class EstimateMeter final : public EnergyMeter {
 public:
  /// `clock` absent: the steady clock; `note`: why it is no sensor. Throws Error(bad_input) unless `power_w` is
  /// positive.
  EstimateMeter(double power_w, std::string scope, std::string device, std::shared_ptr<const Clock> clock = nullptr,
                std::string note = {});

  [[nodiscard]] MeterTraits traits() const override { return traits_; }
  EnergyReading read() override;

 private:
  std::shared_ptr<const Clock> clock_;
  MeterTraits traits_;
  double power_w_;
  double begin_s_;
};

}  // namespace clear_native
