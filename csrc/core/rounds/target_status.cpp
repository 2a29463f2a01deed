#include "target_status.hpp"

#include <cmath>
#include <cstdint>

#include "core/statistics/statistics.hpp"
#include "core/windows/steady.hpp"
#include "observations.hpp"

namespace clear_native {
namespace {

// Bits of nvmlClocksEventReasons.
constexpr std::uint64_t software_power_cap = 0x4;
constexpr std::uint64_t hardware_power_brake = 0x80;
constexpr std::uint64_t hardware_slowdown = 0x8;
constexpr std::uint64_t software_thermal_slowdown = 0x20;
constexpr std::uint64_t hardware_thermal_slowdown = 0x40;

constexpr double clocks_tolerance = 0.02;
constexpr double sensors_tolerance = 0.01;
constexpr int samples_at_least = 3;

bool has_reason(const Window& window, std::uint64_t reasons) {
  if (!window.operating_point || !window.operating_point->throttle_reasons) return false;
  return (*window.operating_point->throttle_reasons & reasons) != 0;
}

}  // namespace

std::vector<const Window*> windows_of(const std::vector<Window>& windows, const std::string& target) {
  std::vector<const Window*> own;
  for (const Window& window : windows) {
    if (window.target == target) own.push_back(&window);
  }
  return own;
}

bool is_power_capped(const Window& window) {
  return has_reason(window, software_power_cap | hardware_power_brake);
}

bool clocks_held_down(const Window& window) {
  return is_power_capped(window) ||
         has_reason(window, hardware_slowdown | software_thermal_slowdown | hardware_thermal_slowdown);
}

std::vector<std::string> operating_statuses(const std::vector<Window>& windows, const std::string& target) {
  return operating_statuses(windows_of(windows, target));
}

std::optional<double> mean_sm_clock_mhz(const std::vector<Window>& windows, const std::string& target) {
  return mean_sm_clock_mhz(windows_of(windows, target));
}

std::optional<Interval> counter_over_samples(const std::vector<Window>& windows, const std::string& target) {
  return counter_over_samples(windows_of(windows, target));
}

std::vector<std::string> operating_statuses(const std::vector<const Window*>& windows) {
  int all = 0;
  int capped = 0;
  int throttled = 0;
  int unsteady = 0;
  bool contended = false;
  for (const Window* pointer : windows) {
    const Window& window = *pointer;
    ++all;
    // Thermal slowdown also sets the general slowdown bit, and a power brake does: the particular reason wins.
    const bool thermal = has_reason(window, software_thermal_slowdown | hardware_thermal_slowdown);
    const bool slowdown = has_reason(window, hardware_slowdown) && !has_reason(window, hardware_power_brake);
    if (is_power_capped(window)) ++capped;
    if (thermal || slowdown) ++throttled;
    if (window.status == "unsteady") ++unsteady;
    if (window.other_processes.value_or(0) > 0) contended = true;
  }
  std::vector<std::string> statuses;
  if (2 * capped > all) statuses.emplace_back("power_capped");
  if (2 * throttled > all) statuses.emplace_back("throttled");
  // A mean over hot windows and others is of neither state, however few are hot.
  if (throttled > 0 && 2 * throttled <= all) statuses.emplace_back("throttled_at_times");
  if (contended) statuses.emplace_back("contended");
  if (2 * unsteady > all) statuses.emplace_back("unsteady");
  return statuses;
}

std::optional<double> mean_sm_clock_mhz(const std::vector<const Window*>& windows) {
  std::vector<double> clocks_mhz;
  for (const Window* window : windows) {
    if (window->operating_point && window->operating_point->sm_clock_mhz) {
      clocks_mhz.push_back(*window->operating_point->sm_clock_mhz);
    }
  }
  const std::optional<WeightedMean> mean = weighted_mean(clocks_mhz);
  if (!mean) return std::nullopt;
  return mean->mean;
}

std::optional<Interval> counter_over_samples(const std::vector<const Window*>& windows) {
  std::vector<double> ratios;
  std::vector<double> lengths_s;
  for (const Window* window : windows) {
    if (window->ticks.size() < 2) continue;
    // Over the very same stretch, from the first tick to the last: power may still be settling.
    const Tick& first = window->ticks.front();
    const Tick& last = window->ticks.back();
    const std::optional<double> power_w =
        mean_power_w(window->power_samples, first.time_s, last.time_s, samples_at_least);
    if (!power_w || *power_w <= 0) continue;
    ratios.push_back((last.energy_j - first.energy_j) / (*power_w * (last.time_s - first.time_s)));
    lengths_s.push_back(last.time_s - first.time_s);
  }
  return interval_of(ratios, lengths_s);
}

bool sensors_disagree(const Interval& ratio) {
  if (!ratio.half_width) return false;
  return std::abs(ratio.mean - 1) - *ratio.half_width > 0 && std::abs(ratio.mean - 1) > sensors_tolerance;
}

bool clocks_apart(std::optional<double> component_mhz, std::optional<double> model_mhz) {
  if (!component_mhz || !model_mhz || *model_mhz <= 0) return false;
  return std::abs(*component_mhz / *model_mhz - 1) > clocks_tolerance;
}

}  // namespace clear_native
