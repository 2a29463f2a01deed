#include "reading_facts.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "core/statistics/center.hpp"
#include "core/statistics/statistics.hpp"

namespace clear_native {
namespace {

constexpr double microjoule = 1e-6;

std::optional<double> read_gap_s(const SensorTrace& trace) {
  std::vector<double> ends_s;
  for (const EnergyReading& reading : trace.readings) {
    // Readings that carry their own moment come with their true period.
    if (reading.begin_s == reading.end_s) return std::nullopt;
    ends_s.push_back(reading.end_s);
  }
  return median_gap_s(ends_s);
}

/// What all steps are a whole number of, to a microjoule.
std::optional<double> quantum_j(const std::vector<EnergyPoint>& ticks) {
  long long found = 0;
  for (std::size_t i = 1; i < ticks.size(); ++i) {
    found = std::gcd(found, std::llrint((ticks[i].energy_j - ticks[i - 1].energy_j) / microjoule));
  }
  if (found == 0) return std::nullopt;
  return static_cast<double>(found) * microjoule;
}

}  // namespace

std::optional<ReadingPeriod> reading_period(const SensorTrace& trace) {
  const std::vector<double> times_s = times_of(trace.ticks());
  const std::optional<double> gap_s = median_gap_s(times_s);
  if (!gap_s || times_s.size() < 3 || *gap_s <= 0 || *gap_s < continuous_readings * read_gap_s(trace).value_or(0)) {
    return std::nullopt;
  }
  std::vector<double> numbers = {0};
  for (std::size_t i = 1; i < times_s.size(); ++i) {  // a tick that was missed still counts
    numbers.push_back(numbers.back() + std::max(1.0, std::nearbyint((times_s[i] - times_s[i - 1]) / *gap_s)));
  }
  const std::optional<Line> line = fit_line(numbers, times_s);
  if (!line) return std::nullopt;
  std::vector<double> rests_s;
  rests_s.reserve(times_s.size());
  for (std::size_t i = 0; i < times_s.size(); ++i) {
    rests_s.push_back(times_s[i] - line->intercept - line->slope * numbers[i]);
  }
  return ReadingPeriod{line->slope, population_deviation(rests_s)};
}

ReadingFacts reading_facts(const SensorTrace& trace, bool is_counter) {
  ReadingFacts facts;
  if (const auto period = reading_period(trace)) {
    facts.period_s = period->period_s;
    facts.period_jitter_s = period->jitter_s;
  }
  if (is_counter) facts.quantum_j = quantum_j(trace.ticks());
  std::vector<double> took_s;
  took_s.reserve(trace.readings.size());
  for (const EnergyReading& reading : trace.readings) took_s.push_back(reading.end_s - reading.begin_s);
  if (took_s.empty()) return facts;
  std::sort(took_s.begin(), took_s.end());
  const auto p99 = static_cast<std::size_t>(0.99 * static_cast<double>(took_s.size()));
  facts.read_p99_s = took_s[std::min(took_s.size() - 1, p99)];
  facts.read_median_s = median(took_s);
  return facts;
}

}  // namespace clear_native
