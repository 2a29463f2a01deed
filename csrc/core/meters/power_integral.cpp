#include "power_integral.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace clear_native {

void MeanPowerIntegral::add(double time_s, double power_w) {
  if (last_s_) energy_j_ += power_w * (time_s - *last_s_);
  last_s_ = time_s;
}

void InstantPowerIntegral::add(double time_s, double power_w) {
  if (last_) energy_j_ += (power_w + last_->power_w) / 2 * (time_s - last_->time_s);
  last_ = {.time_s = time_s, .power_w = power_w};
}

void TrailingMeanIntegral::add(double time_s, double power_w) {
  if (points_.empty()) {
    points_.push_back({.time_s = time_s - averaging_s_, .energy_j = -power_w * averaging_s_});
    points_.push_back({.time_s = time_s, .energy_j = 0});
    return;
  }
  const double energy_j = at(time_s - averaging_s_) + averaging_s_ * power_w;
  points_.push_back({.time_s = time_s, .energy_j = energy_j});
  most_j_ = std::max(most_j_, energy_j);
  while (points_.size() > 2 && points_[1].time_s <= time_s - averaging_s_) points_.pop_front();
}

double TrailingMeanIntegral::at(double time_s) const {
  const auto after = std::find_if(points_.begin(), points_.end(), [&](const Point& p) { return p.time_s >= time_s; });
  if (after == points_.begin()) return points_.front().energy_j;
  if (after == points_.end()) return points_.back().energy_j;
  const auto before = std::prev(after);
  const double share = (time_s - before->time_s) / (after->time_s - before->time_s);
  return before->energy_j + share * (after->energy_j - before->energy_j);
}

bool StandingPower::feed(double time_s, double power_w) {
  if (!since_s_ || std::abs(power_w - power_w_) > tolerance_ * power_w_) {
    since_s_ = time_s;
    power_w_ = power_w;
  }
  return time_s - *since_s_ >= for_s_;
}

}  // namespace clear_native
