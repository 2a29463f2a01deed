#include "meter_follower.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace clear_native {
namespace {

constexpr double changes_from_s = 0.005;  // a meter that changes more often is read as if it were continuous
constexpr double rarely_s = 1.0;          // away from edges
constexpr double linger_s = 0.35;         // after an edge: the next one may follow
constexpr double drain_near_edge_s = 0.04;
constexpr double drain_rarely_s = 1.0;   // the driver keeps 2.4 s of samples
constexpr double late_samples_s = 0.15;  // so long after a change samples may still come
constexpr double give_up_s = 3.0;        // after an edge; a trailing mean lags by a second
constexpr double give_up_aligning_s = 1.0;
constexpr double stall_periods = 6;
constexpr double stall_at_least_s = 0.5;
constexpr double kept_s = 3.0;
constexpr double look_for_edges_every_s = 0.01;
constexpr double quick_read_s = 2e-5;
constexpr std::size_t reads_remembered = 5;
constexpr std::size_t reads_judged = 2;
constexpr double fresh_reading_s = 0.0005;

double blur_s(const MeterTraits& traits) {
  return followed_period_s(traits) > 0 ? 0 : traits.period_s;
}

}  // namespace

double followed_period_s(const MeterTraits& traits) {
  return traits.period_s >= changes_from_s ? traits.period_s : 0;
}

MeterFollower::MeterFollower(const Clock& clock, std::shared_ptr<EnergyMeter> meter, std::size_t index)
    : clock_(clock),
      meter_(std::move(meter)),
      index_(index),
      traits_(meter_->traits()),
      plan_(followed_period_s(traits_)),
      history_(followed_period_s(traits_), blur_s(traits_)),
      last_edge_s_(clock.now_s()),
      last_change_seen_s_(last_edge_s_) {}

void MeterFollower::add(const std::shared_ptr<Edge>& edge) {
  {
    const std::lock_guard lock(inbox_mutex_);
    inbox_.push_back(edge);
  }
  if (read_at_edges_.load()) read_at_edge();
}

void MeterFollower::read_at_edge() {
  const std::unique_lock meter_lock(meter_mutex_, std::try_to_lock);
  if (!meter_lock.owns_lock()) return;  // it is being read at this moment
  try {
    const EnergyReading reading = meter_->read();
    const std::lock_guard lock(inbox_mutex_);
    readings_at_edges_.push_back(reading);
  } catch (const Error&) {
    read_at_edges_.store(false);  // the follower's own next reading meets the same, and tells it
  }
}

EnergyReading MeterFollower::read_meter() {
  std::vector<EnergyReading> before;
  EnergyReading reading;
  {
    const std::lock_guard meter_lock(meter_mutex_);
    const double begin_s = clock_.now_s();
    reading = meter_->read();
    reads_took_s_.push_back(clock_.now_s() - begin_s);
    const std::lock_guard lock(inbox_mutex_);
    before.swap(readings_at_edges_);  // all older than the reading: both were made with the meter's lock
  }
  for (const EnergyReading& at_edge : before) feed(at_edge);
  if (reads_took_s_.size() > reads_remembered) reads_took_s_.pop_front();
  const double slowest_s = *std::max_element(reads_took_s_.begin(), reads_took_s_.end());
  read_at_edges_.store(!plan_.finds_changes() && reads_took_s_.size() >= reads_judged && slowest_s < quick_read_s);
  return reading;
}

bool MeterFollower::take_new_edges() {
  const std::lock_guard lock(inbox_mutex_);
  if (inbox_.empty()) return false;
  for (std::shared_ptr<Edge>& edge : inbox_) {
    last_edge_s_ = std::max(last_edge_s_, edge->asked_s());
    open_.push_back(std::move(edge));
  }
  inbox_.clear();
  return true;
}

bool MeterFollower::is_idle() const {
  const std::lock_guard lock(inbox_mutex_);
  return inbox_.empty() && open_.empty();
}

bool MeterFollower::is_busy(double now_s) const {
  return !open_.empty() || now_s < last_edge_s_ + linger_s;
}

double MeterFollower::step() {
  const bool was_busy = is_busy(clock_.now_s());
  const bool woken = take_new_edges();
  const double now_s = clock_.now_s();
  if (woken && !was_busy) {
    plan_.wake(now_s);
    next_drain_s_ = now_s;
  }
  // Where changes are followed closely anyway, the next one tells all; else what is there now is of use.
  const bool at_once = woken && (!plan_.finds_changes() || !was_busy) && now_s > last_reading_s_ + fresh_reading_s;
  if (!failure_ && (now_s >= next_reading_s_ || at_once)) read();
  if (!failure_) drain_samples(clock_.now_s());
  ready_.store(failure_ || history_.tells_a_power());
  align_edges();
  settle_edges(clock_.now_s());
  const double oldest_s = open_.empty() ? now_s : std::min(now_s, open_.front()->asked_s());
  history_.forget_before(oldest_s - kept_s);
  double next_s = failure_ ? now_s + rarely_s : next_reading_s_;
  if (!failure_ && traits_.has_power_samples) next_s = std::min(next_s, next_drain_s_);
  return std::min(next_s, clock_.now_s() + look_for_edges_every_s);
}

void MeterFollower::feed(const EnergyReading& reading) {
  last_reading_s_ = reading.end_s;
  switch (history_.feed(reading)) {
    case EnergyHistory::Seen::went_back:
      begin_new_series("counter_went_back", "The counter of " + traits_.device + " went back; it must only grow.");
      break;
    case EnergyHistory::Seen::changed:
      plan_.note_change(reading.end_s, narrow_change_s(), is_busy(reading.end_s));
      last_change_seen_s_ = reading.end_s;
      break;
    case EnergyHistory::Seen::first:
      last_change_seen_s_ = reading.end_s;
      break;
    case EnergyHistory::Seen::same:
      look_for_stall(reading.end_s);
      break;
  }
}

void MeterFollower::read() {
  try {
    feed(read_meter());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::sensor_fault) {
      begin_new_series("counter_went_back", error.what());
    } else {
      fail(error);
      return;
    }
  }
  next_reading_s_ = plan_.next_s(clock_.now_s(), is_busy(clock_.now_s()));
}

std::optional<double> MeterFollower::narrow_change_s() const {
  return history_.last_change_is_narrow() ? history_.last_change_s() : std::nullopt;
}

void MeterFollower::look_for_stall(double now_s) {
  const double stands_for_s = now_s - last_change_seen_s_;
  if (!plan_.finds_changes() || stands_for_s < std::max(stall_periods * traits_.period_s, stall_at_least_s)) return;
  begin_new_series("counter_stalled",
                   "The counter of " + traits_.device + " has stood still for " + std::to_string(stands_for_s) + " s.");
}

void MeterFollower::drain_samples(double now_s) {
  if (!traits_.has_power_samples || samples_fail_ || now_s < next_drain_s_) return;
  try {
    const std::lock_guard meter_lock(meter_mutex_);
    history_.feed(meter_->power_samples());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::device_lost) return fail(error);
    samples_fail_ = true;  // the counter goes on alone
  }
  next_drain_s_ = now_s + (is_busy(now_s) ? drain_near_edge_s : drain_rarely_s);
}

void MeterFollower::align_edges() {
  if (index_ != 0) return;
  const std::optional<Knot> change = history_.last_change();
  const bool usable = change && history_.last_change_is_narrow();
  const double now_s = clock_.now_s();
  for (const std::shared_ptr<Edge>& edge : open_) {
    if (edge->time_s()) continue;
    if (usable && change->time_s - change->half_width_s >= edge->asked_s()) {
      edge->align(change->time_s, true);
      // The window is from change to change, so its energy is what the counter says.
      EdgeEnergy counted;
      counted.energy_j = change->energy_j;
      counted.half_width_j = traits_.quantum_j;
      counted.knot_before_s = counted.knot_after_s = change->time_s;
      edge->settle(index_, stamped(std::move(counted)));
    } else if (failure_ || now_s > edge->asked_s() + give_up_aligning_s) {
      edge->align(now_s, false);
    }
  }
}

EdgeEnergy MeterFollower::stamped(EdgeEnergy energy) const {
  energy.series = series_.series;
  energy.broken_by = series_.broken_by;
  energy.broken_message = series_.broken_message;
  return energy;
}

void MeterFollower::settle_edges(double now_s) {
  if (open_.empty()) return;
  const std::vector<Knot> knots = failure_ ? std::vector<Knot>{} : history_.knots();
  std::erase_if(open_, [&](const std::shared_ptr<Edge>& edge) {
    if (!edge->time_s()) return false;
    if (index_ == 0 && edge->is_aligned()) return true;  // was settled when it was aligned
    return settle_edge(*edge, now_s, knots);
  });
}

bool MeterFollower::settle_edge(Edge& edge, double now_s, const std::vector<Knot>& knots) {
  if (failure_) {
    edge.settle(index_, stamped(*failure_));
    return true;
  }
  const double time_s = edge.time_s().value_or(edge.asked_s());
  const auto after = std::upper_bound(knots.begin(), knots.end(), time_s,
                                      [](double moment_s, const Knot& knot) { return moment_s < knot.time_s; });
  const bool late = now_s > time_s + give_up_s;
  const auto known = knots.end() - after;
  if (known < 2 && !late) return false;
  // Samples of the stretch sharpen it; they come a little later than the counter.
  const bool samples_wanted = traits_.has_power_samples && !samples_fail_ && plan_.finds_changes() && known > 0;
  if (samples_wanted && history_.last_sample_s().value_or(0) < after->time_s &&
      now_s < after->time_s + late_samples_s) {
    return false;
  }
  const std::optional<EnergyAt> found = energy_at(knots, time_s);
  if (found) {
    EdgeEnergy counted;
    counted.energy_j = found->energy_j;
    counted.half_width_j = found->half_width_j + traits_.quantum_j;
    counted.knot_before_s = found->knot_before_s;
    counted.knot_after_s = found->knot_after_s;
    edge.settle(index_, stamped(std::move(counted)));
    return true;
  }
  if (!late) return false;
  const char* status = after == knots.begin() && known > 0 ? "not_watched_yet" : "counter_stalled";
  const std::string message = "No reading of " + traits_.device + " tells what it had counted at this moment.";
  edge.settle(index_, stamped(no_energy(status, message)));
  return true;
}

void MeterFollower::begin_new_series(const char* status, const std::string& message) {
  history_.forget_all();
  plan_.forget();
  last_change_seen_s_ = clock_.now_s();
  ++series_.series;
  series_.broken_by = status;
  series_.broken_message = message;
  const double now_s = clock_.now_s();
  std::erase_if(open_, [&](const std::shared_ptr<Edge>& edge) {
    if (edge->time_s().value_or(now_s) >= now_s) return false;  // it will be of the new series
    edge->settle(index_, stamped(no_energy(status, message)));
    return true;
  });
}

void MeterFollower::fail(const Error& error) {
  failure_ = no_energy("meter_failed", std::string(python_class_name(error.kind())) + ": " + error.what());
}

void MeterFollower::abandon() {
  take_new_edges();
  for (const std::shared_ptr<Edge>& edge : open_) {
    EdgeEnergy none = no_energy("closed", "The monitor was closed before its meter told what it had counted.");
    if (!edge->time_s() && index_ == 0) edge->align(edge->asked_s(), false);
    edge->settle(index_, stamped(std::move(none)));
  }
  open_.clear();
}

}  // namespace clear_native
