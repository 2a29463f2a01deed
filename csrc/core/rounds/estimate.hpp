#pragma once
// Numbers with intervals, from windows. Intervals come from between rounds, never from within a window.

#include <optional>
#include <string>
#include <vector>

#include "core/statistics/interval.hpp"
#include "core/windows/window.hpp"
#include "target_roles.hpp"

namespace clear_native {

/// Largest 95 % half-width: this share of a component or that share of the model, whichever is larger.
struct PrecisionRule {
  double of_component = 0.01;
  double of_model = 0.003;
};

struct TargetEstimate {
  std::string name;
  std::optional<Interval> energy_per_pass_j;    // gross
  std::optional<Interval> energy_above_idle_j;  // minus idle power times time
  std::optional<Interval> time_per_pass_s;
  std::optional<Interval> power_w;
  std::optional<double> required_half_width_j;  // by the precision rule
  bool precision_reached = false;
  std::optional<double> counter_over_samples;  // ratio of the two sensors' estimates, where there are both
  std::vector<std::string> statuses;  // empty: ok. below_resolution, power_capped, throttled, unsteady, contended, ...
};

struct ClosureEstimate {
  double ratio = 0;
  std::optional<double> half_width = std::nullopt;
};

struct RoundsEstimate {
  std::vector<TargetEstimate> targets;            // in the order of the targets given
  std::optional<ClosureEstimate> energy_closure;  // against the preserved model, else the plain one
  std::optional<ClosureEstimate> time_closure;
  std::optional<ClosureEstimate> perturbation;  // preserved over plain, minus one
  std::optional<double> drift_per_hour;         // of energy, relative, fitted and removed
  std::optional<double> carry_over_per_w;       // of energy, relative, per watt before the window; likewise
  std::optional<double> temperature_per_k;      // of energy, relative, per kelvin; likewise
  std::optional<Interval> sensors;              // counter over samples, of all windows together
  std::vector<std::string> statuses;            // of all windows together; empty: ok. sensors_disagree
};

/// Windows name their target; those without an energy count for nothing but the statuses.
RoundsEstimate estimate_rounds(const std::vector<Window>& windows, const std::vector<TargetInfo>& targets,
                               const PrecisionRule& rule);

struct Corrected;  // corrected.hpp

/// The same where the slow effects were already taken out, of targets in this order (there may be more of them).
RoundsEstimate estimate_rounds(const std::vector<Window>& windows, const std::vector<TargetInfo>& targets,
                               const PrecisionRule& rule, const Corrected& corrected);

}  // namespace clear_native
