#pragma once
// What a meter said in the last seconds, and the moments at which its energy is known from that.

#include <deque>
#include <optional>
#include <vector>

#include "core/meters/meter.hpp"
#include "energy_at.hpp"

namespace clear_native {

class EnergyHistory {
 public:
  enum class Seen { first, same, changed, went_back };

  /// `period_s`: the reading changes that often, and the change is looked for; 0: every reading is of its own moment.
  /// `blur_s`: a reading may be so old.
  EnergyHistory(double period_s, double blur_s);

  Seen feed(const EnergyReading& reading);
  void feed(const std::vector<PowerSample>& samples);

  /// A change is known to less than half a period.
  [[nodiscard]] bool last_change_is_narrow() const;
  /// The middle of the last change, or of the last reading where each has its own moment.
  [[nodiscard]] std::optional<double> last_change_s() const;
  [[nodiscard]] std::optional<Knot> last_change() const;
  [[nodiscard]] std::optional<double> last_sample_s() const;
  /// There is a stretch between two moments at which the energy is known.
  [[nodiscard]] bool tells_a_power() const;

  /// In the order of time. Between two changes of the counter the power samples, scaled to the energy between the two,
  /// make further knots.
  [[nodiscard]] std::vector<Knot> knots() const;

  void forget_before(double time_s);
  void forget_all();

 private:
  struct Change {
    double after_s = 0;  // not before
    double before_s = 0;
    double width_s = 0;  // between the two readings that it was seen between
    double energy_j = 0;
  };

  [[nodiscard]] std::vector<Change> narrowed() const;
  void add_samples(const Knot& from, const Knot& to, std::vector<Knot>& knots) const;

  double period_s_;
  double blur_s_;
  std::optional<EnergyReading> last_;
  std::deque<Change> changes_;
  std::deque<PowerSample> samples_;
};

}  // namespace clear_native
