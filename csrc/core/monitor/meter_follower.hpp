#pragma once
// Watches one meter around the edges of windows, and says what it had counted at each edge.

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/errors.hpp"
#include "core/meters/meter.hpp"
#include "core/windows/clock.hpp"
#include "edge.hpp"
#include "energy_history.hpp"
#include "reading_plan.hpp"

namespace clear_native {

/// The period of the changes that are looked for; 0: the meter is read as if it were continuous.
double followed_period_s(const MeterTraits& traits);

/// Changes of the counter are looked for near an edge alone: every change for a while, else about one a second, since a
/// read competes with launches for the driver. A meter that changes every few milliseconds, or continuously, is read at
/// the edges themselves.
class MeterFollower {
 public:
  /// `index`: the meter's place in the edges. The first one (0) decides where edges that are to be aligned lie.
  MeterFollower(const Clock& clock, std::shared_ptr<EnergyMeter> meter, std::size_t index);

  /// Any thread, in microseconds: nobody is woken up, since that can cost the caller tens of them. A meter that is read
  /// at edges is read here if that is quick.
  void add(const std::shared_ptr<Edge>& edge);

  /// One thread. Does what is due; returns when to be called again. Does not throw what the meter throws: edges tell
  /// it.
  double step();

  /// After the last step(): edges that are still open are told that nobody watches any more.
  void abandon();

  /// Any thread. An edge from now on has a stretch before it that is known; or the meter fails.
  [[nodiscard]] bool is_ready() const noexcept { return ready_.load(); }

  /// Nothing is waited for.
  [[nodiscard]] bool is_idle() const;

 private:
  bool take_new_edges();
  void read_at_edge();
  EnergyReading read_meter();
  void feed(const EnergyReading& reading);
  void read();
  [[nodiscard]] std::optional<double> narrow_change_s() const;
  void look_for_stall(double now_s);
  void drain_samples(double now_s);
  void align_edges();
  void settle_edges(double now_s);
  bool settle_edge(Edge& edge, double now_s, const std::vector<Knot>& knots);
  void begin_new_series(const char* status, const std::string& message);
  void fail(const Error& error);
  [[nodiscard]] bool is_busy(double now_s) const;
  [[nodiscard]] EdgeEnergy stamped(EdgeEnergy energy) const;

  const Clock& clock_;
  std::shared_ptr<EnergyMeter> meter_;
  std::size_t index_;
  MeterTraits traits_;
  ReadingPlan plan_;
  EnergyHistory history_;
  std::vector<std::shared_ptr<Edge>> open_;
  double last_edge_s_;
  double last_reading_s_ = 0;
  std::deque<double> reads_took_s_;  // the last ones
  double last_change_seen_s_;
  double next_reading_s_ = 0;
  double next_drain_s_ = 0;
  bool samples_fail_ = false;
  std::optional<EdgeEnergy> failure_;
  EdgeEnergy series_;  // its number and what ended the one before

  std::mutex meter_mutex_;  // held while the meter is read; before inbox_mutex_
  mutable std::mutex inbox_mutex_;
  std::vector<std::shared_ptr<Edge>> inbox_;
  std::vector<EnergyReading> readings_at_edges_;
  std::atomic<bool> read_at_edges_ = false;
  std::atomic<bool> ready_ = false;
};

}  // namespace clear_native
