#pragma once
// The moments at which a counter changed, found from slow readings of it.

#include <optional>
#include <vector>

#include "core/meters/meter.hpp"

namespace clear_native {

/// The counter changed to `energy_j` after `after_s` and not later than `before_s`.
struct TickBracket {
  double after_s = 0;
  double before_s = 0;
  double energy_j = 0;
};

/// Follows a meter: which readings were ticks, and when the next one is due.
class TickFinder {
 public:
  enum class Seen { first, same, tick, went_back };

  explicit TickFinder(double period_s) : period_s_(period_s) {}

  /// A continuous meter (period 0) ticks at every reading.
  Seen feed(const EnergyReading& reading);

  [[nodiscard]] const std::vector<TickBracket>& brackets() const noexcept { return brackets_; }
  /// Absent before the first tick, and for continuous meters.
  [[nodiscard]] std::optional<double> next_tick_s() const;
  /// The end of the first reading, or of the last one that differed from the reading before it; absent before any.
  [[nodiscard]] std::optional<double> last_change_s() const noexcept { return last_change_s_; }

 private:
  double period_s_;
  std::optional<EnergyReading> last_;
  std::optional<double> last_change_s_;
  double phase_s_ = 0;  // best guess of the last tick
  std::vector<TickBracket> brackets_;
};

/// One time per bracket. Continuous meter: the middles. Else the counter changes regularly, so a robust straight line
/// of times on tick numbers sharpens what slow readings leave open; a fitted time never leaves its bracket.
std::vector<double> fit_tick_times(const std::vector<TickBracket>& brackets, double period_s);

}  // namespace clear_native
