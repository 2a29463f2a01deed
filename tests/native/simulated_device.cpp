#include "simulated_device.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/errors.hpp"

namespace clear_native::testing {
namespace {

constexpr double longest_step_s = 0.001;
constexpr double per_kelvin = 0.018 / 12;
constexpr double kelvin_per_watt = 0.12;
constexpr double thermal_memory_s = 15;
constexpr double ambient_c = 20;
constexpr double overshoot_share = 0.05;
constexpr double overshoot_memory_s = 0.06;
constexpr double wander_share = 0.10;
constexpr double wander_memory_s = 0.09;
constexpr double wander_period_s = 0.12;
constexpr double beat_share = 0.01;  // a few windows of a hundred are then 3 % off or more, as seen on an H200
constexpr double most_beat_share = 0.15;
constexpr double most_beat_hz = 40;
constexpr double regulate_every_s = 0.01;
constexpr double clock_step = 15.0 / 1980.0;
constexpr double full_clock_mhz = 1980;
constexpr double cap_hysteresis = 0.02;
constexpr double latency_median_s = 0.0024;
constexpr double latency_spread = 0.8156;  // of the logarithm: 16 ms at 99 %
constexpr std::uint64_t software_power_cap = 0x4;
constexpr std::uint64_t thermal_slowdown = 0x40;
constexpr double throttled_clock = 0.6;
constexpr double burst_share = 0.5;

}  // namespace

Disturbances all_disturbances() {
  return {.power_noise = true,
          .transients = true,
          .read_latency = true,
          .tick_jitter = true,
          .warming = true,
          .power_cap = true,
          .beats = true,
          .carry_over = true};
}

std::optional<long> Phases::at(double now_s) const {
  if (now_s < first_s) return std::nullopt;
  const double number = std::floor((now_s - first_s) / every_s);
  if (now_s - first_s - number * every_s >= lasts_s) return std::nullopt;
  return static_cast<long>(number);
}

SimulatedDevice::SimulatedDevice(std::shared_ptr<VirtualClock> clock, const DeviceOptions& options)
    : clock_(std::move(clock)),
      options_(options),
      noise_(options.seed),
      now_s_(clock_->now_s()),
      temperature_c_(options.start_c),
      die_power_w_(options.idle_power_w),
      temperature_since_s_(now_s_),
      load_power_w_(options.idle_power_w),
      switched_s_(now_s_ - 10),
      lagging_power_w_(options.idle_power_w),
      recent_power_w_(options.idle_power_w),
      next_regulation_s_(now_s_),
      next_tick_s_(now_s_ + options.counter_period_s * noise_.uniform()),
      next_sample_s_(now_s_ + options.sample_period_s * noise_.uniform()),
      last_sample_s_(now_s_),
      looks_(options.looks, now_s_, options.seed) {}

MeterTraits SimulatedDevice::traits() const {
  MeterTraits traits;
  traits.name = "simulated";
  traits.scope = "gpu";
  traits.device = "GPU-simulated";
  traits.period_s = options_.counter_period_s;
  traits.quantum_j = 0.001;
  traits.has_power_samples = options_.has_samples;
  return traits;
}

void SimulatedDevice::throw_if_lost() const {
  if (clock_->now_s() < options_.faults.lost_s) return;
  throw Error(ErrorKind::device_lost, "The simulated GPU fell off the bus.");
}

EnergyReading SimulatedDevice::read() {
  advance();
  throw_if_lost();
  double latency_s = 1e-5;
  if (options_.disturbances.read_latency) latency_s = latency_median_s * std::exp(latency_spread * noise_.normal());
  return {.begin_s = now_s_, .end_s = now_s_ + latency_s, .energy_j = counter_mj_ * 1e-3};
}

std::vector<PowerSample> SimulatedDevice::power_samples() {
  advance();
  std::vector<PowerSample> samples;
  while (!samples_.empty() && samples_.front().time_s <= now_s_ - options_.samples_lag_s) {
    samples.push_back(samples_.front());
    samples_.pop_front();
  }
  return samples;
}

std::optional<OperatingPoint> SimulatedDevice::operating_point() {
  advance();
  OperatingPoint point;
  point.time_s = now_s_;
  point.sm_clock_mhz = full_clock_mhz * clock_now();
  point.temperature_c = options_.die_k_per_w > 0 ? std::round(die_temperature_c()) : temperature_c_;
  point.power_w = lagging_power_w_;
  point.throttle_reasons = (clock_share_ < 1 || options_.tells_power_cap ? software_power_cap : 0) |
                           (options_.faults.throttles.at(now_s_) ? thermal_slowdown : 0);
  return point;
}

std::optional<int> SimulatedDevice::other_processes() {
  return options_.faults.other_processes + (options_.faults.neighbour.at(clock_->now_s()) ? 1 : 0);
}

double SimulatedDevice::clock_now() const {
  return clock_share_ * (options_.faults.throttles.at(now_s_) ? throttled_clock : 1);
}

double SimulatedDevice::take_mean_temperature_c() {
  advance();
  const double mean_c = temperature_integral_ / (now_s_ - temperature_since_s_);
  temperature_integral_ = 0;
  temperature_since_s_ = now_s_;
  return mean_c;
}

double SimulatedDevice::warm_factor(double temperature_c) const {
  return options_.disturbances.warming ? 1 + per_kelvin * (temperature_c - options_.reference_c) : 1;
}

double SimulatedDevice::idle_truth_w(double temperature_c) const {
  return options_.idle_power_w * warm_factor(temperature_c);
}

Load SimulatedDevice::truth_of(const Load& load, double temperature_c) const {
  const Load simple{.power_w = load.power_w * warm_factor(temperature_c), .time_s = load.time_s};
  if (!options_.disturbances.power_cap || simple.power_w < options_.power_cap_w) return simple;
  // The regulator has no closed form: let it run on a device with nothing else disturbing, at a fixed temperature.
  DeviceOptions quiet = options_;
  quiet.disturbances = {};
  quiet.disturbances.power_cap = true;
  quiet.idle_power_w *= warm_factor(temperature_c);
  const auto clock = std::make_shared<VirtualClock>();
  SimulatedDevice device(clock, quiet);
  SimulatedWorkload workload(device, simple, std::ceil(12.0 / load.time_s));
  workload.launch();
  clock->advance_to(clock->now_s() + 2);  // settles
  const double passes_before = workload.odometer().passes;
  const double begin_s = clock->now_s();
  const double energy_before_j = device.energy_j();
  clock->advance_to(begin_s + 4);
  device.advance();
  const double passes = workload.passes_done() - passes_before;
  return {.power_w = (device.energy_j() - energy_before_j) / 4, .time_s = 4 / passes};
}

void SimulatedDevice::advance() {
  while (now_s_ < clock_->now_s()) {
    double step_s = std::min(longest_step_s, clock_->now_s() - now_s_);
    if (!launches_.empty()) {
      const SimulatedWorkload& front = *launches_.front();
      step_s = std::min(step_s, front.passes_in_front_ * front.load_.time_s / clock_now());
    }
    step(std::max(step_s, 1e-9));
  }
}

void SimulatedDevice::step(double step_s) {
  switch_to(launches_.empty() ? nullptr : launches_.front());
  const double power_w = power_now_w(step_s);
  const double passes_before = running_ == nullptr ? 0 : running_->passes_;
  if (!launches_.empty()) work(step_s);
  if (looks_part_time()) look({.time_s = step_s, .power_w = power_w}, passes_before);
  now_s_ += step_s;
  energy_j_ += power_w * step_s;
  regulate_clock(power_w, step_s);
  if (options_.disturbances.warming || options_.leakage_w_per_k > 0) {
    const double target_c = ambient_c + kelvin_per_watt * power_w;
    temperature_c_ += (target_c - temperature_c_) * step_s / thermal_memory_s;
    die_power_w_ += (power_w - die_power_w_) * die_.share(step_s);
  }
  temperature_integral_ += temperature_c_ * step_s;
  count(power_w, step_s);
}

void SimulatedDevice::work(double step_s) {
  SimulatedWorkload& front = *launches_.front();
  double rate = clock_now() / front.load_.time_s;
  if (options_.disturbances.power_noise) rate *= 1 + options_.noise_share * clock_noise_.advance(step_s, noise_);
  front.passes_ += rate * step_s;
  front.passes_in_front_ -= rate * step_s;
  if (front.passes_in_front_ > 1e-9) return;
  launches_.pop_front();
  const bool goes_on = !launches_.empty() && launches_.front() == &front;
  if (goes_on) {
    front.passes_in_front_ += front.passes_per_launch_;  // what the step did too much is the next launch's
  } else {
    front.passes_ += front.passes_in_front_;
    front.passes_in_front_ = 0;
    if (!launches_.empty()) launches_.front()->passes_in_front_ = launches_.front()->passes_per_launch_;
  }
}

void SimulatedDevice::switch_to(const SimulatedWorkload* workload) {
  if (workload == running_) return;
  running_ = workload;
  const double power_w = workload == nullptr ? options_.idle_power_w : workload->load_.power_w;
  step_w_ = power_w - load_power_w_;
  load_power_w_ = power_w;
  switched_s_ = now_s_;
  wander_ = wander_share * noise_.normal();
  wander_phase_ = 2 * std::numbers::pi * noise_.uniform();
  if (!options_.disturbances.beats || workload == nullptr) {
    beat_ = 0;
    return;
  }
  // How far it is read wrong has heavy tails (those of Cauchy's distribution), and how slowly it turns is anything.
  beat_ = std::min(most_beat_share, beat_share * std::abs(std::tan(std::numbers::pi * (noise_.uniform() - 0.5))));
  beat_hz_ = most_beat_hz * noise_.uniform();
  beat_phase_ = 2 * std::numbers::pi * noise_.uniform();
}

double SimulatedDevice::power_now_w(double step_s) {
  double power_w = load_power_w_;
  if (options_.disturbances.power_cap) {
    power_w = options_.idle_power_w + (power_w - options_.idle_power_w) * clock_share_ * clock_share_;
  }
  const double throttled = clock_now() / clock_share_;
  power_w = options_.idle_power_w + (power_w - options_.idle_power_w) * throttled * throttled;
  power_w *= warm_factor(temperature_c_);
  power_w += options_.leakage_w_per_k * (die_temperature_c() - options_.reference_c);
  if (options_.disturbances.carry_over) {
    power_w *= 1 + carry_over_per_w * (recent_power_w_ - options_.idle_power_w);
    recent_power_w_ += (power_w - recent_power_w_) * carry_over_.share(step_s);
  }
  if (options_.disturbances.transients) {
    const double since_s = now_s_ - switched_s_;
    lagging_power_w_ += (power_w - lagging_power_w_) * switch_lag_.share(step_s);
    power_w = lagging_power_w_;
    if (since_s < 1) {
      power_w += step_w_ * overshoot_share * std::exp(-since_s / overshoot_memory_s);
      power_w += step_w_ * wander_ * std::exp(-since_s / wander_memory_s) *
                 std::sin(2 * std::numbers::pi * since_s / wander_period_s + wander_phase_);
    }
  } else {
    lagging_power_w_ = power_w;
  }
  if (beat_ > 0)
    power_w *= 1 + beat_ * std::sin(2 * std::numbers::pi * beat_hz_ * (now_s_ - switched_s_) + beat_phase_);
  if (options_.disturbances.power_noise) {
    const double share = options_.noise_share;
    power_w *= 1 + share * fast_noise_.advance(step_s, noise_) + share * slow_noise_.advance(step_s, noise_);
  }
  if (const auto burst = options_.faults.bursts.at(now_s_)) power_w *= 1 + burst_share * (*burst % 2 == 0 ? 1 : -1);
  if (options_.faults.neighbour.at(now_s_)) power_w += options_.faults.neighbour_w;
  return power_w;
}

void SimulatedDevice::regulate_clock(double power_w, double step_s) {
  if (!options_.disturbances.power_cap) return;
  regulated_power_w_ += (power_w - regulated_power_w_) * regulator_.share(step_s);
  if (now_s_ < next_regulation_s_) return;
  next_regulation_s_ = now_s_ + regulate_every_s;
  if (regulated_power_w_ > options_.power_cap_w) {
    clock_share_ = std::max(0.4, clock_share_ - clock_step);
  } else if (regulated_power_w_ < options_.power_cap_w * (1 - cap_hysteresis)) {
    clock_share_ = std::min(1.0, clock_share_ + clock_step);
  }
}

}  // namespace clear_native::testing
