#include "beats.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>

namespace clear_native {
namespace {

constexpr int look_harmonics = 6;   // a look of a quarter of their period smooths what is faster
constexpr int lines_each_side = 4;  // of the pattern's harmonics about one of the looks'

double sinc(double x) {
  const double angle = std::numbers::pi * x;
  return std::abs(angle) < 1e-9 ? 1 : std::sin(angle) / angle;
}

/// The amplitude of the pattern's harmonic number `harmonic`, in watts.
double amplitude_w(const Pattern& pattern, double period_s, int harmonic) {
  const double turn = 2 * std::numbers::pi * harmonic / period_s;
  std::complex<double> sum = 0;
  std::complex<double> before = 1;
  double end_s = 0;
  for (const Stretch& stretch : pattern) {
    end_s += stretch.time_s;
    const std::complex<double> after = std::polar(1.0, -turn * end_s);
    sum += stretch.power_w * (after - before);
    before = after;
  }
  return 2 * std::abs(sum) / (turn * period_s);
}

}  // namespace

double expected_beat(const Pattern& pattern, const SensorLooks& looks, double window_s) {
  double period_s = 0;
  double energy_j = 0;
  for (const Stretch& stretch : pattern) {
    period_s += stretch.time_s;
    energy_j += stretch.time_s * stretch.power_w;
  }
  if (period_s <= 0 || energy_j <= 0 || looks.period_s <= 0) return 0;
  double variance = 0;
  for (int look = 1; look <= look_harmonics; ++look) {
    const int nearest = static_cast<int>(std::lround(look * period_s / looks.period_s));
    for (int harmonic = std::max(1, nearest - lines_each_side); harmonic <= nearest + lines_each_side; ++harmonic) {
      const double beat_hz = harmonic / period_s - look / looks.period_s;
      const double seen = amplitude_w(pattern, period_s, harmonic) * sinc(harmonic / period_s * looks.look_s) *
                          sinc(beat_hz * window_s);
      variance += seen * seen / 2;
    }
  }
  return std::sqrt(variance) * period_s / energy_j;
}

}  // namespace clear_native
