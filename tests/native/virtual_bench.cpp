#include "virtual_bench.hpp"

#include <algorithm>
#include <cmath>

namespace clear_native::testing {
namespace {

constexpr long samples_kept = 119;
constexpr double beside_asked = 1.0003;  // an alternating load's true period

double rounded(double power_w) {
  return std::round(power_w * 1e3) * 1e-3;
}

}  // namespace

VirtualBench::VirtualBench(KnownSensor known) : known_(known) {}

EnergyReading VirtualBench::read() {
  const double begin_s = clock_s_;
  const double counted_s = updated_s(known_.counter_period_s);
  clock_s_ += known_.read_s;
  return {begin_s, clock_s_, std::floor(known_.counter_gain * energy_j(counted_s) * 1e3) * 1e-3};
}

std::optional<double> VirtualBench::field_power_w(const std::string& name) {
  if (name == "instant") {
    clock_s_ += 3e-6;
    if (!known_.instant_period_s) return std::nullopt;
    const double at_s = updated_s(*known_.instant_period_s);
    return rounded(mean_w(at_s - 1e-6, at_s) * (1 + 1e-3 * std::sin(at_s * 7)));
  }
  clock_s_ += 1e-6;
  if (!known_.usage_averaging_s) return std::nullopt;
  const double at_s = updated_s(0.1);
  return rounded(mean_w(at_s - *known_.usage_averaging_s, at_s));
}

std::vector<PowerSample> VirtualBench::samples() {
  if (!known_.sample_period_s) return {};
  const double period_s = *known_.sample_period_s;
  const auto last = static_cast<long>(std::floor(clock_s_ / period_s));
  const auto first = static_cast<long>(std::floor(handed_out_s_ / period_s)) + 1;
  handed_out_s_ = clock_s_;
  std::vector<PowerSample> found;
  for (long number = std::max(first, last - samples_kept + 1); number <= last; ++number) {
    const double end_s = static_cast<double>(number) * period_s;
    found.push_back({end_s, sample_w(end_s, period_s)});
  }
  return found;
}

std::optional<Alternation> VirtualBench::alternate(double period_s, double duration_s, const BenchWatch& /*watch*/) {
  if (!known_.can_alternate) return std::nullopt;
  const double true_s = period_s * beside_asked;
  const double begin_s = become(VirtualPower::alternating, true_s);
  clock_s_ += duration_s;
  return Alternation{true_s, begin_s, become(VirtualPower::idle)};
}

double VirtualBench::energy_j(double time_s) const {
  const auto next = std::upper_bound(stretches_.begin() + 1, stretches_.end(), time_s,
                                     [](double at_s, const Stretch& stretch) { return at_s < stretch.begin_s; });
  const Stretch& stretch = *(next - 1);
  return stretch.energy_j + within_j(stretch, time_s - stretch.begin_s);
}

double VirtualBench::mean_w(double begin_s, double end_s) const {
  return (energy_j(end_s) - energy_j(begin_s)) / (end_s - begin_s);
}

double VirtualBench::within_j(const Stretch& stretch, double length_s) {
  if (stretch.power != VirtualPower::alternating) {
    return (stretch.power == VirtualPower::load ? virtual_load_w : virtual_idle_w) * length_s;
  }
  const double half_s = stretch.period_s / 2;
  const double cycles = std::floor(length_s / stretch.period_s);
  const double loaded_s = cycles * half_s + std::min(length_s - cycles * stretch.period_s, half_s);
  return virtual_idle_w * length_s + (virtual_load_w - virtual_idle_w) * loaded_s;
}

double VirtualBench::become(VirtualPower power, double period_s) {
  stretches_.push_back({clock_s_, power, period_s, energy_j(clock_s_)});
  return clock_s_;
}

double VirtualBench::sample_w(double end_s, double length_s) {
  const double noise = 1 + known_.noise * noise_.normal();
  if (!known_.look_period_s) return mean_w(end_s - length_s, end_s) * noise;
  const double look_period_s = *known_.look_period_s;
  const double first = std::floor((end_s - length_s) / look_period_s) + 1;
  const double last = std::floor(end_s / look_period_s);
  double sum_w = 0;
  for (double number = first; number <= last; number += 1) {
    sum_w += mean_w(number * look_period_s, number * look_period_s + known_.look_s);
  }
  return sum_w / (last - first + 1) * noise;
}

double VirtualBench::updated_s(double period_s) const {
  return std::floor(clock_s_ / period_s) * period_s;
}

}  // namespace clear_native::testing
