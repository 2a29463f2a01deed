#include "window_estimate.hpp"

#include <algorithm>
#include <cstddef>

#include "core/statistics/statistics.hpp"

namespace clear_native {
namespace {

constexpr int ticks_for_counter = 5;    // fewer make the samples the better sensor, where there are samples
constexpr int ticks_at_least = 3;       // fewer do not make an energy by themselves
constexpr double counter_from_s = 0.5;  // shorter stretches go by the samples
constexpr int samples_at_least = 4;

std::vector<Tick> ticks_within(const MeterRecord& record, const MeterTraits& traits) {
  // Then the readings are sums of the very samples: as a second sensor they would only agree with themselves.
  if (traits.integrates_power && traits.has_power_samples) return {};
  const double period_s = tick_period_s(traits);
  const std::vector<TickBracket>& brackets = record.ticks.brackets();
  const std::vector<double> times_s = fit_tick_times(brackets, period_s);
  std::vector<Tick> ticks;
  for (std::size_t i = 0; i < brackets.size(); ++i) {
    if (times_s[i] < record.begin_s || times_s[i] > record.end_s) continue;
    // A bracket as wide as a period may hide two ticks: what the counter showed is then not what it was at this one.
    if (period_s > 0 && brackets[i].before_s - brackets[i].after_s > 0.9 * period_s) continue;
    const std::optional<double> passes = record.odometer.passes_at(times_s[i]);
    if (passes) ticks.push_back({.time_s = times_s[i], .energy_j = brackets[i].energy_j, .passes = *passes});
  }
  return ticks;
}

/// The samples after `begin_s` and the one before them, which tells since when the first of them counts.
std::vector<PowerSample> samples_around(const std::vector<PowerSample>& samples, double begin_s) {
  auto first =
      std::find_if(samples.begin(), samples.end(), [&](const PowerSample& sample) { return sample.time_s > begin_s; });
  if (first != samples.begin() && first != samples.end()) --first;
  return {first, samples.end()};
}

/// By scope; a side meter that failed at either end has none.
std::vector<SideEnergy> side_energies(const MeterRecord& record) {
  const auto middle_s = [](const EnergyReading& reading) { return (reading.begin_s + reading.end_s) / 2; };
  std::vector<SideEnergy> energies;
  for (const SideReading& begin : record.sides_at_begin) {
    for (const SideReading& end : record.sides_at_end) {
      if (end.scope != begin.scope) continue;
      energies.push_back({.scope = begin.scope,
                          .begin_s = middle_s(begin.reading),
                          .end_s = middle_s(end.reading),
                          .energy_j = end.reading.energy_j - begin.reading.energy_j});
    }
  }
  return energies;
}

std::optional<double> counter_energy_per_pass_j(const std::vector<Tick>& ticks) {
  std::vector<double> passes;
  std::vector<double> energies_j;
  for (const Tick& tick : ticks) {
    passes.push_back(tick.passes);
    energies_j.push_back(tick.energy_j);
  }
  const std::optional<Line> line = fit_line(passes, energies_j);
  if (!line) return std::nullopt;
  return line->slope;
}

void choose_sensor(Window& window) {
  const int ticks = static_cast<int>(window.ticks.size());
  const bool counter_has_enough = ticks >= ticks_at_least && window.energy_per_pass_counter_j.has_value();
  const bool counter_is_better = window.end_s - window.begin_s >= counter_from_s && ticks >= ticks_for_counter;
  if (window.energy_per_pass_samples_j && !(counter_is_better && counter_has_enough)) {
    window.sensor_used = SensorUsed::samples;
    window.energy_per_pass_j = window.energy_per_pass_samples_j;
  } else if (counter_has_enough) {
    window.sensor_used = SensorUsed::counter;
    window.energy_per_pass_j = window.energy_per_pass_counter_j;
  }
}

std::string status_of(const MeterRecord& record, const Window& window) {
  if (record.went_back) return "counter_went_back";
  if (record.stalled) return "counter_stalled";
  if (!window.energy_per_pass_j || !window.time_per_pass_s) return "too_few_ticks";
  if (record.steadiness == Steadiness::unsteady) return "unsteady";
  return "ok";
}

}  // namespace

Window window_from_record(const MeterRecord& record, const MeterTraits& traits) {
  Window window;
  window.begin_s = record.begin_s;
  window.end_s = record.end_s;
  window.lead_in_s = record.begin_s - record.start_s;
  window.operating_point = record.operating_point;
  window.other_processes = record.other_processes;
  window.odometer = record.odometer.readings_within(record.begin_s, record.end_s);
  window.ticks = ticks_within(record, traits);
  window.power_samples = samples_around(record.power_samples, record.begin_s);
  window.sides = side_energies(record);

  const std::optional<double> passes_before = record.odometer.passes_at(record.begin_s);
  const std::optional<double> passes_after = record.odometer.passes_at(record.end_s);
  if (passes_before && passes_after) window.passes = *passes_after - *passes_before;
  const bool faulty = record.went_back || record.stalled;
  if (!faulty) {
    window.time_per_pass_s = record.odometer.time_per_pass_s(record.begin_s, record.end_s);
    window.energy_per_pass_counter_j = counter_energy_per_pass_j(window.ticks);
    const std::optional<double> power_w =
        mean_power_w(record.power_samples, record.begin_s, record.end_s, samples_at_least);
    if (power_w && window.time_per_pass_s) window.energy_per_pass_samples_j = *power_w * *window.time_per_pass_s;
    // An estimate is time times a constant: two slopes of it would only add noise.
    if (traits.estimated && traits.stated_power_w && window.time_per_pass_s) {
      window.energy_per_pass_counter_j = *traits.stated_power_w * *window.time_per_pass_s;
    }
    choose_sensor(window);
  }
  window.status = status_of(record, window);
  return window;
}

}  // namespace clear_native
