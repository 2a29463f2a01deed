#include "field_facts.hpp"

#include <cstddef>
#include <limits>
#include <span>
#include <utility>

#include "core/statistics/center.hpp"
#include "reading_facts.hpp"
#include "step_response.hpp"

namespace clear_native {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

FieldFacts facts_of(std::string name, std::span<const PowerSample> held, std::optional<double> period_s,
                    const SensorTrace& trace) {
  FieldFacts facts{.name = std::move(name), .period_s = period_s};
  if (const auto response = step_response(held, trace.edges, period_s)) {
    facts.lag_s = response->lag_s;
    facts.averaging_s = response->averaging_s;
  }
  return facts;
}

std::vector<PowerSample> powers_of(const std::vector<EnergyPoint>& energy) {
  std::vector<PowerSample> found;
  for (std::size_t i = 1; i < energy.size(); ++i) {
    const double time_s = energy[i].time_s - energy[i - 1].time_s;
    if (time_s > 0) found.push_back({energy[i].time_s, (energy[i].energy_j - energy[i - 1].energy_j) / time_s});
  }
  return found;
}

/// Power is straight between two polls.
std::vector<EnergyPoint> integral_of(const std::vector<PowerSample>& seen) {
  double energy_j = 0;
  std::vector<EnergyPoint> found = {{seen.front().time_s, 0}};
  for (std::size_t i = 1; i < seen.size(); ++i) {
    energy_j += (seen[i - 1].power_w + seen[i].power_w) / 2 * (seen[i].time_s - seen[i - 1].time_s);
    found.push_back({seen[i].time_s, energy_j});
  }
  return found;
}

/// The counter's energy over the integral's, from the first tick to the last that the integral covers.
std::optional<double> ratio_of(const std::vector<EnergyPoint>& counter, const std::vector<EnergyPoint>& integral) {
  if (integral.empty()) return std::nullopt;
  std::vector<EnergyPoint> covered;
  for (const EnergyPoint& tick : counter) {
    if (integral.front().time_s <= tick.time_s && tick.time_s <= integral.back().time_s) covered.push_back(tick);
  }
  if (covered.size() < 2) return std::nullopt;
  const double spent_j = energy_at(integral, covered.back().time_s) - energy_at(integral, covered.front().time_s);
  if (spent_j <= 0) return std::nullopt;
  return (covered.back().energy_j - covered.front().energy_j) / spent_j;
}

std::optional<double> field_period_s(const std::vector<PowerSample>& seen) {
  std::vector<double> changes_s;
  for (std::size_t i = 1; i < seen.size(); ++i) {
    if (seen[i].power_w != seen[i - 1].power_w) changes_s.push_back(seen[i].time_s);
  }
  const std::optional<double> gap_s = median_gap_s(changes_s);
  const std::optional<double> poll_s = median_gap_s(times_of(seen));
  if (!gap_s || !poll_s || *gap_s < continuous_readings * *poll_s) return std::nullopt;
  return gap_s;
}

}  // namespace

std::vector<FieldFacts> field_facts(const SensorTrace& trace, bool is_counter) {
  const std::vector<EnergyPoint> counter = is_counter ? trace.ticks() : std::vector<EnergyPoint>{};
  std::vector<FieldFacts> found;
  if (counter.size() > 2) {
    const auto period = reading_period(trace);
    found.push_back(
        facts_of("counter", powers_of(counter), period ? std::optional(period->period_s) : std::nullopt, trace));
  }
  if (trace.samples.size() > 2) {
    FieldFacts facts = facts_of("samples", trace.samples, median_gap_s(times_of(trace.samples)), trace);
    facts.counter_ratio = ratio_of(counter, trace.energy(-infinity, infinity));
    found.push_back(std::move(facts));
  }
  for (const FieldTrace& field : trace.fields) {
    FieldFacts facts = facts_of(field.name, field.seen, field_period_s(field.seen), trace);
    facts.read_median_s = median(field.read_s);
    facts.counter_ratio = ratio_of(counter, integral_of(field.seen));
    found.push_back(std::move(facts));
  }
  return found;
}

}  // namespace clear_native
