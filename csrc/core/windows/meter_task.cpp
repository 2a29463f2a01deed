#include "meter_task.hpp"

#include <algorithm>
#include <cstddef>

namespace clear_native {
namespace {

constexpr double look_every_s = power_sample_period_s;  // in the lead-in
constexpr double drain_every_s = 1.0;                   // in the measured stretch: the driver keeps 2.4 s of samples
constexpr double between_polls_s = 0.0005;              // near a predicted tick, besides the read itself
constexpr double stall_periods = 5;                     // a counter that stands so long has stalled
constexpr double doubtful_periods = 1.5;  // one that stands so long keeps the window open until it is decided
constexpr double late_periods = 1.5;      // a tick so late is no more polled for at full rate
constexpr double between_late_polls_s = 0.005;
constexpr int ticks_wanted = 5;               // where there are no samples to go by
constexpr int counts_wanted = 2;              // of the odometer: eager passes can be longer than a window
constexpr double longest_stretch_s = 30.0;    // for passes that never seem to end
constexpr double cover_wait_s = 0.25;         // for the odometer to pass the last tick
constexpr double late_samples_wait_s = 0.12;  // for the driver to hand out the stretch's last samples
constexpr int readings_per_stretch = 25;      // of a continuous meter
constexpr double switch_span_s = 0.02;        // a sample that old still holds some of what ran before

}  // namespace

MeterTask::MeterTask(const Clock& clock, EnergyMeter& meter, const Workload& workload, const WindowOptions& options,
                     std::atomic<bool>& stop)
    : clock_(clock),
      meter_(meter),
      workload_(workload),
      options_(options),
      stop_(stop),
      traits_(meter.traits()),
      tick_period_s_(tick_period_s(traits_)),
      record_(tick_period_s_) {}

std::optional<double> MeterTask::step() {
  // A meter that throws ends the launching too: the runner sees to that.
  const double now_s = clock_.now_s();
  switch (due_) {
    case Due::start:
      return start(now_s);
    case Due::look:
      return look(now_s);
    case Due::read_meter:
      reading_ = meter_.read();
      due_ = Due::read_odometer;
      return reading_.end_s;
    case Due::read_odometer:
      return after_reading();
  }
  return std::nullopt;
}

double MeterTask::start(double now_s) {
  record_.start_s = now_s;
  record_.other_processes = meter_.other_processes();
  record_.odometer.add(workload_.odometer());
  next_drain_s_ = now_s + look_every_s;
  due_ = Due::read_meter;
  return now_s;
}

double MeterTask::after_reading() {
  const double now_s = clock_.now_s();
  record_.odometer.add(workload_.odometer());
  if (record_.ticks.feed(reading_) == TickFinder::Seen::went_back) record_.went_back = true;
  next_reading_s_ = next_reading_s(now_s);
  due_ = Due::look;
  return now_s;
}

std::optional<double> MeterTask::look(double now_s) {
  if (record_.went_back) return finish(now_s);
  const double since_change_s = now_s - record_.ticks.last_change_s().value_or(record_.start_s);
  if (tick_period_s_ > 0 && since_change_s >= stall_periods * tick_period_s_) {
    record_.stalled = true;
    return finish(now_s);
  }
  drain_samples(now_s);
  if (stage_ == Stage::lead_in && lead_in_is_over(now_s)) {
    stage_ = Stage::measuring;
    record_.begin_s = now_s;
    record_.odometer.add(workload_.odometer());
    record_.sides_at_begin = meter_.side_readings();
  }
  if (stage_ == Stage::measuring) {
    if (!asked_operating_point_ && now_s >= record_.begin_s + options_.duration_s / 2) {
      asked_operating_point_ = true;
      record_.operating_point = meter_.operating_point();
    }
    if (is_measured(now_s)) {
      stage_ = Stage::closing;
      record_.end_s = now_s;
      record_.sides_at_end = meter_.side_readings();
      next_drain_s_ = now_s;
      drain_samples(now_s);
    }
  }
  if (stage_ == Stage::closing) {
    record_.odometer.add(workload_.odometer());
    if (odometer_covers_ticks(now_s) && samples_cover_stretch(now_s)) return finish(now_s);
    return now_s + between_late_polls_s;
  }
  if (now_s >= next_reading_s_) {
    due_ = Due::read_meter;
    return now_s;
  }
  double next_look_s = record_.begin_s + options_.duration_s;
  if (stage_ == Stage::lead_in) {
    const double earliest_s = record_.start_s + options_.lead_in_min_s;  // kept to: it sets the phase to the sensor
    next_look_s = now_s + look_every_s;
    if (earliest_s > now_s) next_look_s = std::min(next_look_s, earliest_s);
  }
  if (next_look_s <= now_s) next_look_s = now_s + between_late_polls_s;
  if (stage_ == Stage::measuring && !asked_operating_point_) {
    next_look_s = std::min(next_look_s, std::max(now_s, record_.begin_s + options_.duration_s / 2));
  }
  return std::min(next_reading_s_, next_look_s);
}

void MeterTask::drain_samples(double now_s) {
  if (!traits_.has_power_samples || now_s < next_drain_s_) return;
  for (const PowerSample& sample : meter_.power_samples()) {
    if (record_.power_samples.empty() || sample.time_s > record_.power_samples.back().time_s) {
      record_.power_samples.push_back(sample);
    }
  }
  next_drain_s_ = now_s + (stage_ == Stage::measuring ? drain_every_s : look_every_s);
}

bool MeterTask::lead_in_is_over(double now_s) {
  if (now_s < record_.start_s + options_.lead_in_min_s) return false;
  const SteadyOptions options;
  const double since_s = record_.start_s + switch_span_s;
  record_.steadiness = has_samples() ? steadiness(record_.power_samples, since_s, options)
                                     : steadiness(record_.ticks.brackets(), tick_period_s_, since_s, options);
  return record_.steadiness == Steadiness::steady || now_s >= record_.start_s + options_.lead_in_max_s;
}

bool MeterTask::has_samples() const {
  return traits_.has_power_samples && !record_.power_samples.empty();
}

int MeterTask::ticks_measured() const {
  const auto& brackets = record_.ticks.brackets();
  return static_cast<int>(std::count_if(brackets.begin(), brackets.end(), [this](const TickBracket& bracket) {
    return bracket.after_s >= record_.begin_s;
  }));
}

bool MeterTask::is_measured(double now_s) const {
  const double elapsed_s = now_s - record_.begin_s;
  if (elapsed_s < options_.duration_s) return false;
  if (elapsed_s >= std::max(longest_stretch_s, 10 * options_.duration_s)) return true;
  const auto counts = record_.odometer.readings_within(record_.begin_s, now_s);
  if (static_cast<int>(counts.size()) < counts_wanted) return false;
  if (tick_period_s_ <= 0) return ticks_measured() >= ticks_wanted;
  const double since_change_s = now_s - record_.ticks.last_change_s().value_or(record_.start_s);
  if (since_change_s > doubtful_periods * tick_period_s_) return false;
  return has_samples() || ticks_measured() >= ticks_wanted;
}

bool MeterTask::odometer_covers_ticks(double now_s) const {
  if (now_s - record_.end_s > cover_wait_s) return true;
  const auto& readings = record_.odometer.readings();
  const auto& brackets = record_.ticks.brackets();
  if (readings.empty() || brackets.empty()) return true;
  return readings.back().time_s >= std::min(brackets.back().before_s, record_.end_s);
}

bool MeterTask::samples_cover_stretch(double now_s) const {
  if (!has_samples() || now_s - record_.end_s > late_samples_wait_s) return true;
  return record_.power_samples.back().time_s >= record_.end_s - look_every_s * 1.5;
}

double MeterTask::next_reading_s(double now_s) const {
  if (tick_period_s_ <= 0) return now_s + std::clamp(options_.duration_s / readings_per_stretch, 0.002, 0.05);
  const std::optional<double> next_tick_s = record_.ticks.next_tick_s();
  if (!next_tick_s) return now_s + between_polls_s;
  if (now_s > *next_tick_s + (late_periods - 1) * tick_period_s_) return now_s + between_late_polls_s;
  return std::max(now_s + between_polls_s, *next_tick_s - options_.poll_margin_s);
}

std::optional<double> MeterTask::finish(double now_s) {
  if (record_.begin_s <= 0) record_.begin_s = now_s;
  if (record_.end_s <= 0) record_.end_s = now_s;
  next_drain_s_ = now_s;
  drain_samples(now_s);
  stop_.store(true, std::memory_order_release);
  return std::nullopt;
}

}  // namespace clear_native
