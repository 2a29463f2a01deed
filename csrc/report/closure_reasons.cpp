#include "closure_reasons.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "joined.hpp"
#include "units.hpp"
#include "verdicts.hpp"

namespace clear_native::report {
namespace {

constexpr double lowest = 0.95;
constexpr double highest = 1.05;
constexpr double apart = 0.02;
constexpr std::uint64_t power_cap = 0x4;  // nvmlClocksEventReasonSwPowerCap

struct Throttle {
  std::uint64_t bit;
  const char* name;
};
constexpr std::array throttles = {Throttle{0x8, "hardware slowdown"}, Throttle{0x20, "software thermal"},
                                  Throttle{0x40, "hardware thermal"}, Throttle{0x80, "power brake"}};

/// How many windows had this reason, of how many that tell.
std::string of_windows(const std::vector<std::uint64_t>& masks, std::uint64_t bit) {
  const auto having =
      std::count_if(masks.begin(), masks.end(), [bit](std::uint64_t mask) { return (mask & bit) != 0; });
  return having == 0 ? "" : std::to_string(having) + " of " + std::to_string(masks.size()) + " windows";
}

void append_limits(const std::vector<Window>& windows, std::vector<std::string>& reasons) {
  std::vector<std::uint64_t> masks;
  for (const Window& window : windows) {
    if (window.operating_point && window.operating_point->throttle_reasons) {
      masks.push_back(*window.operating_point->throttle_reasons);
    }
  }
  const std::string capped = of_windows(masks, power_cap);
  if (!capped.empty()) reasons.push_back("the power cap held the clocks in " + capped);
  for (const auto& [bit, name] : throttles) {
    const std::string throttled = of_windows(masks, bit);
    if (!throttled.empty()) reasons.push_back(std::string("throttling (") + name + ") in " + throttled);
  }
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Median SM clock by target, in the order in which they first ran.
std::vector<std::pair<std::string, double>> clocks_of(const std::vector<Window>& windows) {
  std::vector<std::pair<std::string, std::vector<double>>> clocks;
  for (const Window& window : windows) {
    if (!window.operating_point || !window.operating_point->sm_clock_mhz) continue;
    auto at = std::find_if(clocks.begin(), clocks.end(), [&](const auto& one) { return one.first == window.target; });
    if (at == clocks.end()) at = clocks.insert(clocks.end(), {window.target, {}});
    at->second.push_back(*window.operating_point->sm_clock_mhz);
  }
  std::vector<std::pair<std::string, double>> medians;
  medians.reserve(clocks.size());
  for (auto& [name, values] : clocks) medians.emplace_back(name, median(std::move(values)));
  return medians;
}

/// A dosed window is of no target, so it has no role.
bool has_role(const RoundsResult& result, const ReportFacts& facts, const std::string& name, TargetRole role) {
  const bool is_target = std::any_of(result.targets.begin(), result.targets.end(),
                                     [&name](const TargetEstimate& target) { return target.name == name; });
  return is_target && role_of(facts, name) == role;
}

void append_clocks_apart(const RoundsResult& result, const ReportFacts& facts, std::vector<std::string>& reasons) {
  const auto medians = clocks_of(result.windows);
  const auto model = std::find_if(medians.begin(), medians.end(), [&](const auto& one) {
    return has_role(result, facts, one.first, TargetRole::preserved);
  });
  if (model == medians.end() || model->second == 0) return;
  std::vector<std::string> other;
  for (const auto& [name, mhz] : medians) {
    const bool is_component = has_role(result, facts, name, TargetRole::component);
    if (is_component && std::abs(mhz / model->second - 1) > apart) {
      other.push_back(name + " " + formatted("%.0f MHz", mhz));
    }
  }
  if (other.empty()) return;
  reasons.push_back("other clocks than the model's " + formatted("%.0f MHz: ", model->second) + joined(other, ", "));
}

}  // namespace

std::string closure_warning(const RoundsResult& result, const ReportFacts& facts) {
  if (!result.energy_closure) return {};
  const double ratio = result.energy_closure->ratio;
  const double half_width = result.energy_closure->half_width.value_or(0);
  if (ratio + half_width >= lowest && ratio - half_width <= highest) return {};
  const std::string sums_to = "The components sum to " + formatted("%.1f", 100 * ratio) + " % of the model's energy";
  if (!result.energy_closure->half_width) return sums_to + ".";
  std::vector<std::string> reasons;
  append_limits(result.windows, reasons);
  append_clocks_apart(result, facts, reasons);
  if (result.other_processes_peak.value_or(0) != 0) {
    reasons.push_back(std::to_string(*result.other_processes_peak) + " other processes used the device");
  }
  return sums_to + ": " + (reasons.empty() ? "the operating points show no cause" : joined(reasons, "; ")) + ".";
}

}  // namespace clear_native::report
