#pragma once
// A sensor that looks part of the time, and work whose power it sees go up and down within a pass.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/meters/meter.hpp"
#include "core/weighing/beats.hpp"
#include "normal_noise.hpp"

namespace clear_native::testing {

/// A pattern's power over its mean, by the passes done. Without stretches: even.
class PowerShape {
 public:
  PowerShape() = default;
  /// `passes`: in one period of the pattern.
  PowerShape(const Pattern& pattern, double passes);

  /// Mean from one count of passes to a later one.
  [[nodiscard]] double mean(double from_passes, double to_passes) const;

 private:
  [[nodiscard]] double integral(double passes) const;

  double passes_ = 0;
  std::vector<double> ends_{0};       // of stretches, in passes
  std::vector<double> integrals_{0};  // up to there
};

/// What looks see: each the mean power of 0.2 ms, in samples that are means of looks. Phases and how unsteady they are
/// come from a noise of its own, so that no other noise changes where the looks are switched on.
class SimulatedLooks {
 public:
  SimulatedLooks(const SensorLooks& looks, double begin_s, std::uint64_t seed);

  /// From `begin_s` on work of this shape went on from one count of passes to another, with so much power on the mean.
  void see(double begin_s, const Stretch& step, const PowerShape& shape, double passes_before, double passes_after);

  /// Of the looks before `end_s` that no sample has had yet; absent where there is none.
  std::optional<double> take_mean_w(double end_s);

 private:
  void plan_next();

  SensorLooks looks_;
  NormalNoise noise_;
  double steady_s_;  // when the next look would begin if they were steady
  double next_s_;
  std::deque<PowerSample> seen_;
};

}  // namespace clear_native::testing
