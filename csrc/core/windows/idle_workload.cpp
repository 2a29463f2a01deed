#include "idle_workload.hpp"

#include <utility>

namespace clear_native {
namespace {

constexpr double look_again_every_s = 0.05;

}  // namespace

IdleWorkload::IdleWorkload(std::shared_ptr<const Clock> clock)
    : clock_(clock ? std::move(clock) : std::make_shared<const SteadyClock>()), begin_s_(clock_->now_s()) {}

bool IdleWorkload::wait_for_room(double& look_again_s) {
  look_again_s = clock_->now_s() + look_again_every_s;
  return false;
}

OdometerReading IdleWorkload::odometer() const {
  const double now_s = clock_->now_s();
  return {.time_s = now_s, .passes = now_s - begin_s_};
}

}  // namespace clear_native
