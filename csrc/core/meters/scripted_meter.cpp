#include "scripted_meter.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "core/errors.hpp"

namespace clear_native {
namespace {

constexpr double kept_samples_s = 2.4;  // as a driver does

void require(bool condition, const std::string& message) {
  if (!condition) throw Error(ErrorKind::bad_input, message);
}

Script checked(Script script) {
  require(!script.power_w.empty(), "A scripted meter needs at least one (time, watts) in its script; seen none.");
  for (std::size_t i = 0; i < script.power_w.size(); ++i) {
    require(script.power_w[i].second >= 0, "A scripted power is negative; energy only grows.");
    require(i == 0 || script.power_w[i].first > script.power_w[i - 1].first,
            "Times of a scripted meter must grow; sort the script.");
  }
  require(script.period_s >= 0 && script.quantum_j >= 0 && script.read_s >= 0 && script.sample_period_s >= 0,
          "Period, quantum, read time and sample period of a scripted meter must not be negative.");
  return script;
}

}  // namespace

ScriptedMeter::ScriptedMeter(Script script, std::shared_ptr<const Clock> clock, std::function<void(double)> sleep)
    : script_(checked(std::move(script))),
      clock_(clock ? std::move(clock) : std::make_shared<const SteadyClock>()),
      sleep_(sleep ? std::move(sleep)
                   : [](double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }),
      begin_s_(script_.power_w.front().first),
      last_sample_s_(clock_->now_s() - kept_samples_s) {}

MeterTraits ScriptedMeter::traits() const {
  MeterTraits traits;
  traits.name = "scripted";
  traits.scope = script_.scope;
  traits.device = script_.device;
  traits.period_s = script_.period_s;
  traits.quantum_j = script_.quantum_j;
  traits.has_power_samples = script_.sample_period_s > 0;
  return traits;
}

double ScriptedMeter::energy_between_j(double begin_s, double end_s) const {
  double energy_j = 0;
  for (std::size_t i = 0; i < script_.power_w.size(); ++i) {
    const auto& [from_s, power_w] = script_.power_w[i];
    const double to_s = i + 1 < script_.power_w.size() ? script_.power_w[i + 1].first : std::max(end_s, from_s);
    energy_j += power_w * std::max(0.0, std::min(to_s, end_s) - std::max(from_s, begin_s));
  }
  return energy_j;
}

double ScriptedMeter::counter_j(double now_s) const {
  const ScriptedFaults& faults = script_.faults;
  now_s = std::min(now_s, faults.stalls_at_s.value_or(now_s));
  const double back_at_s = faults.back_at_s.value_or(begin_s_);
  const double since_s = now_s >= back_at_s ? back_at_s : begin_s_;
  if (script_.period_s > 0) now_s = begin_s_ + std::floor((now_s - begin_s_) / script_.period_s) * script_.period_s;
  const double energy_j = energy_between_j(since_s, now_s);
  return script_.quantum_j > 0 ? std::floor(energy_j / script_.quantum_j) * script_.quantum_j : energy_j;
}

EnergyReading ScriptedMeter::read() {
  EnergyReading reading;
  reading.begin_s = clock_->now_s();
  if (script_.faults.lost_at_s && reading.begin_s >= *script_.faults.lost_at_s) {
    throw Error(ErrorKind::device_lost, "The scripted device is lost, as its script says.");
  }
  if (script_.read_s > 0) sleep_(script_.read_s / 2);
  reading.energy_j = counter_j(clock_->now_s());
  if (script_.read_s > 0) sleep_(script_.read_s / 2);
  reading.end_s = clock_->now_s();
  return reading;
}

std::vector<PowerSample> ScriptedMeter::power_samples() {
  std::vector<PowerSample> samples;
  if (script_.sample_period_s <= 0) return samples;
  const double until_s = clock_->now_s() - script_.sample_lag_s;
  const double period_s = script_.sample_period_s;
  last_sample_s_ = std::max(last_sample_s_, until_s - kept_samples_s);
  const auto number = [&](double time_s) {
    return static_cast<std::int64_t>(std::floor((time_s - begin_s_) / period_s + 1e-6));
  };
  const std::int64_t last = number(until_s);
  for (std::int64_t i = number(last_sample_s_) + 1; i <= last; ++i) {
    const double time_s = begin_s_ + static_cast<double>(i) * period_s;
    samples.push_back({.time_s = time_s, .power_w = energy_between_j(time_s - period_s, time_s) / period_s});
    last_sample_s_ = time_s;
  }
  return samples;
}

}  // namespace clear_native
