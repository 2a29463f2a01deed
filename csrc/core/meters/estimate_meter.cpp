#include "estimate_meter.hpp"

#include <cmath>
#include <utility>

#include "core/errors.hpp"

namespace clear_native {
namespace {

double checked_power_w(double power_w) {
  if (std::isfinite(power_w) && power_w > 0) return power_w;
  throw Error(ErrorKind::bad_input, "An estimate needs the power of the device in watts; seen " +
                                        std::to_string(power_w) + ", expected a positive number such as 65.");
}

}  // namespace

EstimateMeter::EstimateMeter(double power_w, std::string scope, std::string device, std::shared_ptr<const Clock> clock,
                             std::string note)
    : clock_(clock ? std::move(clock) : std::make_shared<const SteadyClock>()),
      power_w_(checked_power_w(power_w)),
      begin_s_(clock_->now_s()) {
  traits_.name = "estimate";
  traits_.scope = std::move(scope);
  traits_.device = std::move(device);
  traits_.estimated = true;
  traits_.note = std::move(note);
  traits_.stated_power_w = power_w_;
}

EnergyReading EstimateMeter::read() {
  const double now_s = clock_->now_s();
  return {.begin_s = now_s, .end_s = now_s, .energy_j = power_w_ * (now_s - begin_s_)};
}

}  // namespace clear_native
