#pragma once
// A meter whose truth is known: what watches meters can be judged by it, with no device there.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/windows/clock.hpp"
#include "meter.hpp"

namespace clear_native {

/// Times are of the clock; absent: never.
struct ScriptedFaults {
  std::optional<double> back_at_s = std::nullopt;    // the counter starts again at 0
  std::optional<double> stalls_at_s = std::nullopt;  // it stands still from then on
  std::optional<double> lost_at_s = std::nullopt;    // reads throw device_lost from then on
};

struct Script {
  std::vector<std::pair<double, double>> power_w;  // (from when on, watts), times growing; before the first: 0 W
  double period_s = 0.1;                           // of the counter; 0: continuous
  double quantum_j = 1e-3;                         // its step; 0: continuous
  double read_s = 0;                               // a read takes so long
  double sample_period_s = 0;                      // of buffered power samples; 0: it has none
  double sample_lag_s = 0;                         // until a sample can be had
  std::string scope = "gpu";
  std::string device = "scripted";
  ScriptedFaults faults = {};
};

class ScriptedMeter final : public EnergyMeter {
 public:
  /// `clock` absent: the steady clock. `sleep` absent: of this thread. Throws Error(bad_input) for an empty script,
  /// times that do not grow, or a power, period or quantum below zero.
  explicit ScriptedMeter(Script script, std::shared_ptr<const Clock> clock = nullptr,
                         std::function<void(double)> sleep = {});

  [[nodiscard]] MeterTraits traits() const override;
  EnergyReading read() override;
  std::vector<PowerSample> power_samples() override;

  /// The truth: what the script says was spent between two moments.
  [[nodiscard]] double energy_between_j(double begin_s, double end_s) const;

 private:
  [[nodiscard]] double counter_j(double now_s) const;

  Script script_;
  std::shared_ptr<const Clock> clock_;
  std::function<void(double)> sleep_;
  double begin_s_;
  double last_sample_s_;
};

}  // namespace clear_native
