#pragma once
// What went on beside the numbers: each guard that fired marks the target.

#include <optional>
#include <string>
#include <vector>

#include "core/windows/window.hpp"
#include "estimate.hpp"

namespace clear_native {

std::vector<const Window*> windows_of(const std::vector<Window>& windows, const std::string& target);

/// power_capped, throttled, contended, unsteady: said of most of the windows (contended: of any; throttled_at_times: of
/// some).
std::vector<std::string> operating_statuses(const std::vector<const Window*>& windows);
std::vector<std::string> operating_statuses(const std::vector<Window>& windows, const std::string& target);

/// Whether the clocks were held down to keep within a power limit.
bool is_power_capped(const Window& window);

/// That, or slowed down for heat or by the board.
bool clocks_held_down(const Window& window);

/// Mean SM clock over the windows; absent where the device does not tell.
std::optional<double> mean_sm_clock_mhz(const std::vector<const Window*>& windows);
std::optional<double> mean_sm_clock_mhz(const std::vector<Window>& windows, const std::string& target);

/// The ratio of counter to samples, averaged over those windows that have two ticks.
std::optional<Interval> counter_over_samples(const std::vector<const Window*>& windows);
std::optional<Interval> counter_over_samples(const std::vector<Window>& windows, const std::string& target);

/// More than 1 % apart, beyond what their scatter explains.
bool sensors_disagree(const Interval& counter_over_samples);

/// A component more than 2 % away from the clock of the model that it is compared with.
bool clocks_apart(std::optional<double> component_mhz, std::optional<double> model_mhz);

}  // namespace clear_native
