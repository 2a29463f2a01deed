#include "energy_history.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>

namespace clear_native {
namespace {

constexpr double jitter_s = 0.001;                            // of the counter's period
constexpr double sample_half_width_s = 0.002;                 // of a sample's stamp against the counter
constexpr double sample_gap_s = 3.5 * power_sample_period_s;  // samples farther apart tell nothing of what is between
constexpr double scale_at_least = 0.7;  // samples that are farther from the counter's energy are of another stretch
constexpr double scale_at_most = 1.4;
constexpr double narrow_share = 0.5;      // of a period
constexpr std::size_t changes_kept = 4;   // however old: a rare reading still tells what ran before
constexpr double one_change_share = 0.9;  // readings that far apart may hide two changes

Knot middle_of(double after_s, double before_s, double energy_j) {
  return {.time_s = (after_s + before_s) / 2, .energy_j = energy_j, .half_width_s = (before_s - after_s) / 2};
}

}  // namespace

EnergyHistory::EnergyHistory(double period_s, double blur_s) : period_s_(period_s), blur_s_(blur_s) {}

EnergyHistory::Seen EnergyHistory::feed(const EnergyReading& reading) {
  const std::optional<EnergyReading> before = last_;
  if (before && reading.energy_j < before->energy_j) {
    last_ = reading;
    return Seen::went_back;
  }
  if (period_s_ <= 0) {
    if (before && reading.end_s <= before->end_s) return Seen::same;  // of the same moment
    last_ = reading;
    const double after_s = reading.begin_s - blur_s_;
    changes_.push_back({after_s, reading.end_s, reading.end_s - after_s, reading.energy_j});
    return before ? Seen::changed : Seen::first;
  }
  last_ = reading;
  if (before && reading.energy_j == before->energy_j) return Seen::same;
  // What it shows now it has shown for less than a period.
  const double shown_since_s = reading.begin_s - period_s_ - jitter_s;
  const double after_s = before ? std::max(before->begin_s, shown_since_s) : shown_since_s;
  const double not_looked_since_s = before ? before->begin_s : shown_since_s;
  changes_.push_back({after_s, reading.end_s, reading.end_s - not_looked_since_s, reading.energy_j});
  return before ? Seen::changed : Seen::first;
}

void EnergyHistory::feed(const std::vector<PowerSample>& samples) {
  for (const PowerSample& sample : samples) {
    if (samples_.empty() || sample.time_s > samples_.back().time_s) samples_.push_back(sample);
  }
}

bool EnergyHistory::last_change_is_narrow() const {
  return !changes_.empty() && (period_s_ <= 0 || changes_.back().width_s < narrow_share * period_s_);
}

std::optional<double> EnergyHistory::last_change_s() const {
  const std::optional<Knot> last = last_change();
  if (!last) return std::nullopt;
  return last->time_s;
}

std::optional<Knot> EnergyHistory::last_change() const {
  if (changes_.empty()) return std::nullopt;
  return middle_of(changes_.back().after_s, changes_.back().before_s, changes_.back().energy_j);
}

bool EnergyHistory::tells_a_power() const {
  return changes_.size() >= 2 && last_change_is_narrow();
}

std::optional<double> EnergyHistory::last_sample_s() const {
  if (samples_.empty()) return std::nullopt;
  return samples_.back().time_s;
}

std::vector<EnergyHistory::Change> EnergyHistory::narrowed() const {
  std::vector<Change> changes(changes_.begin(), changes_.end());
  if (period_s_ <= 0) return changes;
  // Where only one change fits between two readings, it came one period after the change before it.
  const auto narrow = [&](Change& change, const Change& other, double apart_s) {
    const double after_s = std::max(change.after_s, other.after_s + apart_s - jitter_s);
    const double before_s = std::min(change.before_s, other.before_s + apart_s + jitter_s);
    if (before_s <= after_s) return;
    change.after_s = after_s;
    change.before_s = before_s;
  };
  const auto follows = [&](std::size_t i) { return changes[i].width_s < one_change_share * period_s_; };
  for (std::size_t i = changes.size(); i-- > 1;) {
    if (follows(i)) narrow(changes[i - 1], changes[i], -period_s_);
  }
  for (std::size_t i = 1; i < changes.size(); ++i) {
    if (follows(i)) narrow(changes[i], changes[i - 1], period_s_);
  }
  return changes;
}

std::vector<Knot> EnergyHistory::knots() const {
  std::vector<Knot> knots;
  for (const Change& change : narrowed()) {
    const Knot knot = middle_of(change.after_s, change.before_s, change.energy_j);
    if (!knots.empty()) {
      const Knot previous = knots.back();
      if (knot.time_s <= previous.time_s) continue;
      add_samples(previous, knot, knots);
    }
    knots.push_back(knot);
  }
  return knots;
}

void EnergyHistory::add_samples(const Knot& from, const Knot& to, std::vector<Knot>& knots) const {
  double sum_j = 0;
  double covered_to_s = from.time_s;
  std::vector<Knot> found;
  for (std::size_t i = 1; i < samples_.size() && covered_to_s < to.time_s; ++i) {
    const PowerSample& sample = samples_[i];
    if (sample.time_s <= from.time_s) continue;
    // A sample is the mean since the one before it.
    if (samples_[i - 1].time_s > covered_to_s || sample.time_s - samples_[i - 1].time_s > sample_gap_s) return;
    const double until_s = std::min(sample.time_s, to.time_s);
    sum_j += sample.power_w * (until_s - covered_to_s);
    covered_to_s = until_s;
    if (until_s < to.time_s) found.push_back({.time_s = until_s, .energy_j = sum_j});
  }
  const double energy_j = to.energy_j - from.energy_j;
  const double scale = sum_j > 0 ? energy_j / sum_j : 0;
  if (covered_to_s < to.time_s || scale < scale_at_least || scale > scale_at_most) return;
  for (Knot knot : found) {
    const double share = (knot.time_s - from.time_s) / (to.time_s - from.time_s);
    knot.energy_j = from.energy_j + scale * knot.energy_j;
    knot.half_width_s = sample_half_width_s + from.half_width_s * (1 - share) + to.half_width_s * share;
    knots.push_back(knot);
  }
}

void EnergyHistory::forget_before(double time_s) {
  while (changes_.size() > changes_kept && changes_.front().before_s < time_s) changes_.pop_front();
  while (!samples_.empty() && samples_.front().time_s < time_s) samples_.pop_front();
}

void EnergyHistory::forget_all() {
  last_.reset();
  changes_.clear();
  samples_.clear();
}

}  // namespace clear_native
