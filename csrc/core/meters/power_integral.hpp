#pragma once
// Energy as an integral over power, for sensors that have no energy counter.

#include <deque>
#include <optional>

namespace clear_native {

/// Fed with power at growing times; the energy since the first of them never goes back.
class PowerIntegral {
 public:
  virtual ~PowerIntegral() = default;
  virtual void add(double time_s, double power_w) = 0;
  [[nodiscard]] virtual double energy_j() const = 0;
};

/// Each value is the mean since the one before it.
class MeanPowerIntegral final : public PowerIntegral {
 public:
  void add(double time_s, double power_w) override;
  [[nodiscard]] double energy_j() const override { return energy_j_; }

 private:
  std::optional<double> last_s_;
  double energy_j_ = 0;
};

/// Each value holds for its moment; straight in between. A step between two moments is then right on average.
class InstantPowerIntegral final : public PowerIntegral {
 public:
  void add(double time_s, double power_w) override;
  [[nodiscard]] double energy_j() const override { return energy_j_; }

 private:
  struct Moment {
    double time_s;
    double power_w;
  };
  std::optional<Moment> last_;
  double energy_j_ = 0;
};

/// Each value is the mean of the `averaging_s` before it, as a boxcar, and that is undone: with W the averaging time
/// and A(t) the value, W A(t) = E(t) - E(t - W), so E(t) = E(t - W) + W A(t). Before the first value power is taken to
/// have been constant for W: begin when the value has stood for that long.
class TrailingMeanIntegral final : public PowerIntegral {
 public:
  explicit TrailingMeanIntegral(double averaging_s) : averaging_s_(averaging_s) {}
  void add(double time_s, double power_w) override;
  [[nodiscard]] double energy_j() const override { return most_j_; }

 private:
  struct Point {
    double time_s;
    double energy_j;
  };
  [[nodiscard]] double at(double time_s) const;

  double averaging_s_;
  std::deque<Point> points_;
  double most_j_ = 0;  // noise can make single steps of the sum negative; what is given out never goes back
};

/// Finds when a trailing mean has stood still for its own length: what it averages was then constant.
class StandingPower {
 public:
  StandingPower(double for_s, double tolerance) : for_s_(for_s), tolerance_(tolerance) {}
  /// Whether it stood, by now, for that long.
  bool feed(double time_s, double power_w);

 private:
  double for_s_;
  double tolerance_;
  std::optional<double> since_s_;
  double power_w_ = 0;
};

}  // namespace clear_native
