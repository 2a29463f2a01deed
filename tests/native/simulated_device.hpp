#pragma once
// A GPU on a virtual clock with scripted truth: what it costs is known, so what the engine says of it can be judged.
// The disturbances are those seen on an H200; each has its own switch.

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/meters/meter.hpp"
#include "core/weighing/beats.hpp"
#include "core/windows/workload.hpp"
#include "normal_noise.hpp"
#include "simulated_looks.hpp"
#include "virtual_runner.hpp"

namespace clear_native::testing {

/// What a pass is when nothing disturbs: at the reference temperature and at full clock.
struct Load {
  double power_w = 0;
  double time_s = 0;  // per pass
};

struct Disturbances {
  bool power_noise = false;   // wanders over 20 ms and 0.3 s, so that standard errors within a window are too small
  bool transients = false;    // after a switch: steps within 40 ms, overshoots, wanders for 0.2 to 0.3 s
  bool read_latency = false;  // 2.4 ms median, 16 ms p99
  bool tick_jitter = false;   // 0.3 ms
  bool warming = false;       // 6 to 15 K, and 1.8 % more energy for 12 K
  bool power_cap = false;     // clock steps with hysteresis
  bool beats = false;         // work nearly in step with a sensor that looks at moments is read too high or too low
  bool carry_over = false;    // power of the last 0.8 s raises what the same work costs, by 0.7 % for 100 W
};

Disturbances all_disturbances();

/// Of `carry_over`, relative, and the time over which it forgets.
inline constexpr double carry_over_per_w = 7e-5;
inline constexpr double carry_over_memory_s = 0.8;

/// Something that comes and goes: from `first_s` on for `lasts_s` out of every `every_s`.
struct Phases {
  double first_s = std::numeric_limits<double>::infinity();
  double lasts_s = 0;
  double every_s = 1;

  /// Which one it is at `now_s`, counted from 0; none between two.
  [[nodiscard]] std::optional<long> at(double now_s) const;
};

/// Times on the virtual clock at which something breaks.
struct Faults {
  static constexpr double never = std::numeric_limits<double>::infinity();
  double counter_stalls_s = never;
  double counter_runs_again_s = never;
  double counter_resets_s = never;
  double lost_s = never;
  int other_processes = 0;
  Phases bursts = {};     // of noise: half as much power more, in every second one less
  Phases throttles = {};  // thermal: the clock falls to 60 %
  Phases neighbour = {};  // another process works, for so much more power
  double neighbour_w = 0;
};

struct DeviceOptions {
  double idle_power_w = 124;
  double counter_period_s = 0.1;
  double sample_period_s = 0.02;
  double power_cap_w = 700;
  bool tells_power_cap = false;  // although it is the work's own model that limits its power
  double reference_c = 40;
  double start_c = 34;
  bool has_samples = true;
  double samples_gain = 1;     // of the samples against the counter
  double samples_lag_s = 0;    // until the driver hands a sample out
  SensorLooks looks;           // that samples are means of; `period_s` 0: it looks all the time
  double noise_share = 1;      // of the power noise
  double leakage_w_per_k = 0;  // above the reference, whatever runs: with it the device warms too, and the die ...
  double die_k_per_w = 0;      // ... is warmer than the cooler by so much; temperatures are then told in whole degrees
  Disturbances disturbances;
  Faults faults;
  std::uint64_t seed = 1;
};

class SimulatedWorkload;

class SimulatedDevice final : public EnergyMeter {
 public:
  SimulatedDevice(std::shared_ptr<VirtualClock> clock, const DeviceOptions& options);

  [[nodiscard]] MeterTraits traits() const override;
  EnergyReading read() override;
  std::vector<PowerSample> power_samples() override;
  std::optional<OperatingPoint> operating_point() override;
  std::optional<int> other_processes() override;

  /// Joules and seconds per pass without noise at this temperature, the power cap in its steady state.
  [[nodiscard]] Load truth_of(const Load& load, double temperature_c) const;
  [[nodiscard]] double idle_truth_w(double temperature_c) const;
  [[nodiscard]] bool looks_part_time() const noexcept { return options_.looks.period_s > 0; }

  /// Mean temperature since the last call, or since the start.
  double take_mean_temperature_c();
  /// Joules spent since the start: what a perfect counter would show.
  [[nodiscard]] double energy_j() const noexcept { return energy_j_; }

 private:
  friend class SimulatedWorkload;

  void advance();
  void step(double step_s);
  void work(double step_s);
  void switch_to(const SimulatedWorkload* workload);
  double power_now_w(double step_s);
  void regulate_clock(double power_w, double step_s);
  void look(const Stretch& step, double passes_before);
  void count(double power_w, double step_s);
  void take_sample(double time_s, double power_w);
  void throw_if_lost() const;
  [[nodiscard]] double clock_now() const;  // share of the full clock
  [[nodiscard]] double warm_factor(double temperature_c) const;
  [[nodiscard]] double die_temperature_c() const { return temperature_c_ + options_.die_k_per_w * die_power_w_; }

  std::shared_ptr<VirtualClock> clock_;
  DeviceOptions options_;
  NormalNoise noise_;
  WanderingNoise fast_noise_{0.015, 0.02};
  WanderingNoise slow_noise_{0.004, 0.3};
  WanderingNoise clock_noise_{0.0005, 0.05};
  Forgetting carry_over_{carry_over_memory_s};
  Forgetting switch_lag_{0.012};
  Forgetting regulator_{0.02};
  Forgetting die_{0.15};
  double now_s_;
  double energy_j_ = 0;
  double temperature_c_;  // of the cooler
  double die_power_w_;    // mean of the last 0.15 s
  double temperature_integral_ = 0;
  double temperature_since_s_;
  // what runs
  std::deque<SimulatedWorkload*> launches_;  // one entry per launch that is not finished
  const SimulatedWorkload* running_ = nullptr;
  double load_power_w_;
  // after a switch
  double switched_s_;
  double lagging_power_w_;
  double recent_power_w_;  // mean of the last 0.8 s
  double step_w_ = 0;
  double wander_ = 0;
  double wander_phase_ = 0;
  double beat_ = 0;
  double beat_hz_ = 0;
  double beat_phase_ = 0;
  // clock
  double clock_share_ = 1;
  double regulated_power_w_ = 0;
  double next_regulation_s_;
  // sensors
  double next_tick_s_;
  double last_jitter_s_ = 0;
  std::int64_t tick_ = 0;
  double counter_mj_ = 0;
  double counter_offset_j_ = 0;
  double next_sample_s_;
  double last_sample_s_;
  double sample_energy_j_ = 0;
  std::deque<PowerSample> samples_;
  SimulatedLooks looks_;
};

/// A component of the device's model. Its odometer counts at least every 2 ms, with the time of the count.
class SimulatedWorkload final : public Workload {
 public:
  SimulatedWorkload(SimulatedDevice& device, const Load& load, double passes_per_launch, int queue_limit = 3);

  [[nodiscard]] double passes_per_launch() const override { return passes_per_launch_; }
  void launch() override;
  bool wait_for_room(double& look_again_s) override;
  [[nodiscard]] OdometerReading odometer() const override;
  void drain() override;

  /// What a sensor sees of it that looks part of the time; without one its power is even.
  void set_shape(PowerShape shape) { shape_ = std::move(shape); }

  [[nodiscard]] const Load& load() const noexcept { return load_; }
  [[nodiscard]] double passes_done() const noexcept { return passes_; }
  [[nodiscard]] bool drained() const;

 private:
  friend class SimulatedDevice;

  SimulatedDevice& device_;
  Load load_;
  PowerShape shape_;
  double passes_per_launch_;
  int queue_limit_;
  double passes_ = 0;
  double passes_in_front_ = 0;  // of the launch in front of the queue, still to do
};

}  // namespace clear_native::testing
