#include "simulated_looks.hpp"

#include <algorithm>
#include <cmath>

namespace clear_native::testing {

PowerShape::PowerShape(const Pattern& pattern, double passes) : passes_(passes) {
  double time_s = 0;
  double energy_j = 0;
  for (const Stretch& stretch : pattern) {
    time_s += stretch.time_s;
    energy_j += stretch.time_s * stretch.power_w;
  }
  for (const Stretch& stretch : pattern) {
    ends_.push_back(ends_.back() + passes * stretch.time_s / time_s);
    integrals_.push_back(integrals_.back() + passes * stretch.time_s * stretch.power_w / energy_j);
  }
}

double PowerShape::integral(double passes) const {
  const double periods = std::floor(passes / passes_);
  const double within = passes - periods * passes_;
  const auto next = std::upper_bound(ends_.begin() + 1, ends_.end() - 1, within);
  const auto i = static_cast<std::size_t>(next - ends_.begin());
  const double share = (within - ends_[i - 1]) / (ends_[i] - ends_[i - 1]);
  return periods * passes_ + integrals_[i - 1] + share * (integrals_[i] - integrals_[i - 1]);
}

double PowerShape::mean(double from_passes, double to_passes) const {
  if (passes_ <= 0 || to_passes <= from_passes) return 1;
  return (integral(to_passes) - integral(from_passes)) / (to_passes - from_passes);
}

SimulatedLooks::SimulatedLooks(const SensorLooks& looks, double begin_s, std::uint64_t seed)
    : looks_(looks),
      noise_(seed ^ 0x9E3779B97F4A7C15ULL),
      steady_s_(begin_s + looks.period_s * noise_.uniform()),
      next_s_(steady_s_) {}

void SimulatedLooks::plan_next() {
  steady_s_ += looks_.period_s;
  next_s_ = std::max(next_s_, steady_s_ + looks_.unsteady_s * noise_.normal());
}

void SimulatedLooks::see(double begin_s, const Stretch& step, const PowerShape& shape, double passes_before,
                         double passes_after) {
  const double passes_per_s = (passes_after - passes_before) / step.time_s;
  for (; next_s_ < begin_s + step.time_s; plan_next()) {
    const double from = passes_before + passes_per_s * (next_s_ - begin_s);
    const double seen = shape.mean(from, from + passes_per_s * looks_.look_s);
    seen_.push_back({.time_s = next_s_, .power_w = step.power_w * seen});
  }
}

std::optional<double> SimulatedLooks::take_mean_w(double end_s) {
  double sum_w = 0;
  double count = 0;
  for (; !seen_.empty() && seen_.front().time_s < end_s; seen_.pop_front(), ++count) sum_w += seen_.front().power_w;
  if (count <= 0) return std::nullopt;
  return sum_w / count;
}

}  // namespace clear_native::testing
