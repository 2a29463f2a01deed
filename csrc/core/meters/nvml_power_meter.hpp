#pragma once
// Energy of one NVIDIA GPU without an energy counter: an integral over one of its power fields.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/windows/clock.hpp"
#include "kept_fault.hpp"
#include "meter.hpp"
#include "nvml_device.hpp"
#include "power_integral.hpp"
#include "watch_thread.hpp"

namespace clear_native {

struct NvmlPowerOptions {
  std::optional<double> period_s = std::nullopt;  // of the field; absent: found by watching for half a second
  std::shared_ptr<const Clock> clock = nullptr;   // absent: the steady clock
  bool watch = true;  // read on a thread of its own too: the driver forgets samples and never buffers fields
  double settle_at_most_s = 3.0;  // waits so long for a trailing mean to stand still, from where it can be undone
};

/// Readings are energy since the meter was opened, and carry the moment up to which power is known: the time of the
/// last sample, or of the field's last update.
class NvmlPowerMeter final : public EnergyMeter {
 public:
  /// Throws Error: no_driver, sensor_unsupported (no such GPU or field), sensor_permission, mig_unsupported,
  /// device_lost.
  NvmlPowerMeter(const std::string& uuid, PowerField field, NvmlPowerOptions options = {});

  [[nodiscard]] MeterTraits traits() const override { return traits_; }
  /// Throws Error(sensor_fault) where power was not known for a while (nobody read it, or the driver gave nothing): the
  /// energy of that time is lost, and the next reading goes on without it.
  EnergyReading read() override;
  /// Of PowerField::samples alone.
  std::vector<PowerSample> power_samples() override;
  std::optional<OperatingPoint> operating_point() override { return device_.operating_point(clock_->now_s()); }
  std::optional<int> other_processes() override { return device_.other_processes(); }

  /// Says in the traits why this meter is read.
  void set_note(const std::string& note) { traits_.note = note; }

 private:
  [[nodiscard]] std::unique_ptr<PowerIntegral> new_integral() const;
  /// The field's power now; throws Error(sensor_unsupported) where there is none.
  [[nodiscard]] double field_power_w() const;
  [[nodiscard]] double watch_period_s() const;
  void wait_until_standing(double for_s, double at_most_s);
  void start();
  /// Takes in what is new. Throws Error.
  void poll();
  void poll_samples();
  void poll_field();
  /// On the watch thread: keeps what poll() throws for the next reading.
  void poll_quietly();
  [[noreturn]] void lose(double unknown_s);

  std::shared_ptr<const Clock> clock_;
  NvmlDevice device_;
  PowerField field_;
  MeterTraits traits_;
  std::mutex mutex_;  // of all below
  std::unique_ptr<PowerIntegral> integral_;
  double before_j_ = 0;  // of integrals that ended in a gap
  EnergyReading reading_;
  KeptFault fault_;
  std::vector<PowerSample> handed_out_next_;
  unsigned long long start_us_ = 0;
  unsigned long long last_us_ = 0;
  double last_new_s_ = 0;  // when samples came last
  double last_poll_begin_s_ = 0;
  double last_poll_end_s_ = 0;
  double last_power_w_ = 0;
  double update_s_ = 0;                  // when the field's value became what it is
  std::unique_ptr<WatchThread> thread_;  // last: it uses all above
};

}  // namespace clear_native
