#include "nvml_meter.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <thread>

namespace clear_native {
namespace {

constexpr double j_per_mj = 1e-3;
constexpr double usual_period_s = 0.1;
constexpr double watch_at_most_s = 0.5;
constexpr double watch_slow_at_most_s = 2.5;  // where not even two changes were seen by then
constexpr std::size_t changes_wanted = 4;
constexpr std::array known_periods_s = {0.01, 0.02, 0.025, 0.04, 0.05, 0.1, 0.2, 0.25, 0.5};
constexpr double period_tolerance = 0.12;  // reads take milliseconds
constexpr std::array<std::uint64_t, 2> moduli_mj = {1ULL << 32U, 0};
constexpr double most_power_w = 5000;  // of any one GPU: tells a wrap from a reset
constexpr std::uint64_t exact_in_double = 1ULL << 53U;

/// The counter's period is a round number; reads are too slow to tell it better.
double nearest_known_period_s(double seen_s) {
  const auto nearest = std::min_element(known_periods_s.begin(), known_periods_s.end(), [&](double a, double b) {
    return std::abs(a / seen_s - 1) < std::abs(b / seen_s - 1);
  });
  return std::abs(*nearest / seen_s - 1) < period_tolerance ? *nearest : seen_s;
}

}  // namespace

NvmlMeter::NvmlMeter(const std::string& uuid, std::optional<double> period_s) : device_(uuid), counter_(moduli_mj) {
  const unsigned long long energy_mj = device_.total_energy_mj();
  counter_.feed(energy_mj, 0);
  last_read_s_ = clock_.now_s();
  // Near the end of 64 bits joules would be coarser than the counter; their level says nothing anyway.
  start_j_ = energy_mj < exact_in_double ? static_cast<double>(energy_mj) * j_per_mj : 0;
  traits_.name = "nvml_counter";
  traits_.scope = "gpu";
  traits_.device = device_.uuid();
  traits_.quantum_j = j_per_mj;
  traits_.has_power_samples = device_.samples_kept() > 0;
  traits_.period_s = period_s ? *period_s : watch_period_s();
}

double NvmlMeter::watch_period_s() {
  const double begin_s = clock_.now_s();
  std::vector<double> changes_s;
  double energy_j = read().energy_j;
  const auto watched_s = [&] { return clock_.now_s() - begin_s; };
  while (changes_s.size() < changes_wanted &&
         watched_s() < (changes_s.size() < 2 ? watch_slow_at_most_s : watch_at_most_s)) {
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    const EnergyReading reading = read();
    if (reading.energy_j > energy_j) changes_s.push_back((reading.begin_s + reading.end_s) / 2);
    energy_j = reading.energy_j;
  }
  if (changes_s.size() < 2) return usual_period_s;
  const double gaps = static_cast<double>(changes_s.size() - 1);
  return nearest_known_period_s((changes_s.back() - changes_s.front()) / gaps);
}

EnergyReading NvmlMeter::read() {
  EnergyReading reading;
  reading.begin_s = clock_.now_s();
  const unsigned long long energy_mj = device_.total_energy_mj();
  reading.end_s = clock_.now_s();
  const double since_s = reading.end_s - last_read_s_ + 1;  // a second more: the counter is behind by its period
  last_read_s_ = reading.end_s;
  const std::uint64_t before_mj = counter_.last().value_or(energy_mj);
  const UnwrappedCounter::Seen seen = counter_.feed(energy_mj, most_power_w * since_s / j_per_mj);
  if (seen == UnwrappedCounter::Seen::went_back || seen == UnwrappedCounter::Seen::jumped) {
    const bool back = seen == UnwrappedCounter::Seen::went_back;
    throw Error(ErrorKind::sensor_fault,
                "The energy counter of " + device_.uuid() + (back ? " went back from " : " jumped from ") +
                    std::to_string(before_mj) + " mJ to " + std::to_string(energy_mj) + " mJ. " +
                    (back ? "It must only grow; the driver was loaded again or the GPU was reset."
                          : "No GPU draws that in " + std::to_string(since_s) + " s; the driver misread it.") +
                    " Measure again.");
  }
  reading.energy_j = start_j_ + static_cast<double>(counter_.grown()) * j_per_mj;
  return reading;
}

std::vector<PowerSample> NvmlMeter::power_samples() {
  if (!traits_.has_power_samples) return {};
  std::vector<NvmlDevice::BufferedSample> buffered;
  try {
    buffered = device_.samples_after(last_sample_us_);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::sensor_unsupported && error.kind() != ErrorKind::sensor_permission) throw;
    traits_.has_power_samples = false;  // the size could be asked for, the samples cannot: the counter goes on alone
    return {};
  }
  const double offset_s = steady_minus_realtime_s(clock_);
  std::vector<PowerSample> samples;
  samples.reserve(buffered.size());
  for (const NvmlDevice::BufferedSample& sample : buffered) {
    last_sample_us_ = sample.timestamp_us;
    samples.push_back(
        {.time_s = static_cast<double>(sample.timestamp_us) * 1e-6 + offset_s, .power_w = sample.power_w});
  }
  return samples;
}

}  // namespace clear_native
