// What the simulated device's counter and samples show.

#include <cmath>

#include "simulated_device.hpp"

namespace clear_native::testing {
namespace {

constexpr double jitter_s = 0.0003;
constexpr std::size_t samples_kept = 119;

}  // namespace

void SimulatedDevice::look(const Stretch& step, double passes_before) {
  if (running_ == nullptr) {
    looks_.see(now_s_, step, {}, 0, 0);
  } else {
    looks_.see(now_s_, step, running_->shape_, passes_before, running_->passes_);
  }
}

void SimulatedDevice::count(double power_w, double step_s) {
  const Faults& faults = options_.faults;
  if (now_s_ >= next_tick_s_) {
    const double nominal_s = next_tick_s_;
    ++tick_;
    if (faults.counter_resets_s <= now_s_ && counter_offset_j_ == 0) counter_offset_j_ = energy_j_;
    const bool stalled = now_s_ >= faults.counter_stalls_s && now_s_ < faults.counter_runs_again_s;
    if (!stalled) counter_mj_ = std::floor((energy_j_ - counter_offset_j_) * 1000);
    const double jitter = options_.disturbances.tick_jitter ? jitter_s * noise_.normal() : 0;
    next_tick_s_ = nominal_s - last_jitter_s_ + options_.counter_period_s + jitter;
    last_jitter_s_ = jitter;
  }
  sample_energy_j_ += power_w * step_s;
  if (now_s_ < next_sample_s_) return;
  const double mean_w = sample_energy_j_ / (now_s_ - last_sample_s_);
  if (looks_part_time()) {
    take_sample(next_sample_s_, looks_.take_mean_w(next_sample_s_).value_or(mean_w));
  } else {
    take_sample(now_s_, mean_w);
  }
  next_sample_s_ += options_.sample_period_s;
}

void SimulatedDevice::take_sample(double time_s, double power_w) {
  samples_.push_back({.time_s = time_s, .power_w = options_.samples_gain * power_w});
  if (samples_.size() > samples_kept) samples_.pop_front();
  sample_energy_j_ = 0;
  last_sample_s_ = now_s_;
}

}  // namespace clear_native::testing
