#include <algorithm>
#include <cmath>
#include <cstddef>

#include "simulated_device.hpp"

namespace clear_native::testing {
namespace {

constexpr double count_every_s = 0.002;
constexpr double drain_step_s = 0.001;

}  // namespace

SimulatedWorkload::SimulatedWorkload(SimulatedDevice& device, const Load& load, double passes_per_launch,
                                     int queue_limit)
    : device_(device), load_(load), passes_per_launch_(passes_per_launch), queue_limit_(queue_limit) {}

void SimulatedWorkload::launch() {
  device_.advance();
  device_.throw_if_lost();
  if (device_.launches_.empty()) passes_in_front_ = passes_per_launch_;
  device_.launches_.push_back(this);
}

bool SimulatedWorkload::wait_for_room(double& look_again_s) {
  device_.advance();
  device_.throw_if_lost();
  if (device_.launches_.size() < static_cast<std::size_t>(queue_limit_)) return true;
  look_again_s = device_.now_s_ + passes_in_front_ * load_.time_s / device_.clock_share_ + 1e-6;
  return false;
}

OdometerReading SimulatedWorkload::odometer() const {
  device_.advance();
  const double passes_per_count = std::min(passes_per_launch_, count_every_s / load_.time_s);
  const double counted = std::floor(passes_ / passes_per_count + 1e-9) * passes_per_count;
  const double ago_s = std::max(0.0, passes_ - counted) * load_.time_s / device_.clock_share_;
  return {.time_s = device_.now_s_ - (device_.running_ == this ? ago_s : 0), .passes = counted};
}

void SimulatedWorkload::drain() {
  while (!drained()) {
    device_.clock_->advance_to(device_.now_s_ + drain_step_s);
    device_.advance();
  }
}

bool SimulatedWorkload::drained() const {
  return std::find(device_.launches_.begin(), device_.launches_.end(), this) == device_.launches_.end();
}

}  // namespace clear_native::testing
