#include "warm_up.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/windows/calibrate.hpp"

namespace clear_native {
namespace {

constexpr double stretch_s = 0.1;  // of each load
constexpr double block_s = 2.5;    // at least, and every load once: degrees are whole, their mean over loads is finer
constexpr double steady_k = 0.15;  // from one block to the next

std::optional<double> temperature_of(EnergyMeter& meter) {
  const std::optional<OperatingPoint> point = meter.operating_point();
  return point ? point->temperature_c : std::nullopt;
}

/// Mean temperature over whole turns; absent where it is not told, or time was up.
std::optional<double> mean_over_turns(TaskRunner& runner, EnergyMeter& meter, const std::vector<Workload*>& loads,
                                      double until_s, const Watch& watch) {
  const double begin_s = runner.clock().now_s();
  double sum_c = 0;
  int counted = 0;
  while (runner.clock().now_s() - begin_s < block_s) {
    for (Workload* load : loads) {
      if (runner.clock().now_s() >= until_s) return std::nullopt;
      time_per_pass(runner, *load, std::min(stretch_s, until_s - runner.clock().now_s()), 1, watch);
      const std::optional<double> temperature_c = temperature_of(meter);
      if (!temperature_c) return std::nullopt;
      sum_c += *temperature_c;
      ++counted;
    }
  }
  return sum_c / counted;
}

}  // namespace

void warm_up(TaskRunner& runner, EnergyMeter& meter, const std::vector<Workload*>& loads, double max_s,
             const Watch& watch, const std::function<void(double temperature_c)>& progress) {
  const std::optional<double> cold_c = temperature_of(meter);
  if (!cold_c || loads.empty()) return;
  if (progress) progress(*cold_c);
  const double until_s = runner.clock().now_s() + max_s;
  std::optional<double> before_c;
  while (true) {
    const std::optional<double> now_c = mean_over_turns(runner, meter, loads, until_s, watch);
    if (!now_c) return;
    if (progress) progress(*now_c);
    if (before_c && std::abs(*now_c - *before_c) < steady_k) return;
    before_c = now_c;
  }
}

}  // namespace clear_native
