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
constexpr double length_step_s = 0.01;

double sinc(double x) {
  const double angle = std::numbers::pi * x;
  return std::abs(angle) < 1e-9 ? 1 : std::sin(angle) / angle;
}

/// What looks make of a pattern's harmonics, from the first on.
struct Spectrum {
  double period_s = 0;
  double mean_w = 0;
  std::vector<double> amplitudes_w;
};

Spectrum spectrum_of(const Pattern& pattern, const SensorLooks& looks) {
  Spectrum spectrum;
  double energy_j = 0;
  for (const Stretch& stretch : pattern) {
    spectrum.period_s += stretch.time_s;
    energy_j += stretch.time_s * stretch.power_w;
  }
  if (spectrum.period_s <= 0 || energy_j <= 0 || looks.period_s <= 0) return {};
  spectrum.mean_w = energy_j / spectrum.period_s;
  const auto harmonics =
      static_cast<std::size_t>(look_harmonics * spectrum.period_s / looks.period_s) + lines_each_side + 1;
  std::vector<std::complex<double>> sums(harmonics, 0.0);
  double end_s = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    end_s += pattern[i].time_s;
    // At its end the power steps to that of the next one; the last one's next is the first.
    const double step_w = pattern[i].power_w - pattern[(i + 1) % pattern.size()].power_w;
    const std::complex<double> turn = std::polar(1.0, -2 * std::numbers::pi * end_s / spectrum.period_s);
    std::complex<double> turned = 1;
    for (std::complex<double>& sum : sums) sum += step_w * (turned *= turn);
  }
  for (std::size_t i = 0; i < harmonics; ++i) {
    const double harmonic = static_cast<double>(i + 1);
    spectrum.amplitudes_w.push_back(std::abs(sums[i]) / (std::numbers::pi * harmonic) *
                                    std::abs(sinc(harmonic / spectrum.period_s * looks.look_s)));
  }
  return spectrum;
}

/// `scale`: of the period, whose harmonics keep their amplitudes.
double beat_in(const Spectrum& spectrum, const SensorLooks& looks, double window_s, double scale = 1) {
  const double period_s = scale * spectrum.period_s;
  double variance = 0;
  for (int look = 1; look <= look_harmonics; ++look) {
    const int nearest = static_cast<int>(std::lround(look * period_s / looks.period_s));
    for (int harmonic = std::max(1, nearest - lines_each_side); harmonic <= nearest + lines_each_side; ++harmonic) {
      if (harmonic > static_cast<int>(spectrum.amplitudes_w.size())) break;
      const double beat_hz = harmonic / period_s - look / looks.period_s;
      const double seen_w = spectrum.amplitudes_w[static_cast<std::size_t>(harmonic) - 1] * sinc(beat_hz * window_s);
      variance += seen_w * seen_w / 2;
    }
  }
  return std::sqrt(variance) / spectrum.mean_w;
}

double scatter_in(const Spectrum& spectrum, const SensorLooks& looks, double window_s) {
  double variance = 0;
  for (std::size_t i = 0; i < spectrum.amplitudes_w.size(); ++i) {
    const double frequency_hz = static_cast<double>(i + 1) / spectrum.period_s;
    const double kept = std::exp(-std::pow(2 * std::numbers::pi * frequency_hz * looks.unsteady_s, 2));
    variance += spectrum.amplitudes_w[i] * spectrum.amplitudes_w[i] / 2 * (1 - kept);
  }
  return std::sqrt(variance * looks.period_s / window_s) / spectrum.mean_w;
}

}  // namespace

LookError look_error(const Pattern& pattern, const SensorLooks& looks, double window_s, double unsure) {
  const Spectrum spectrum = spectrum_of(pattern, looks);
  if (spectrum.amplitudes_w.empty()) return {};
  double squares = 0;
  for (const double side : {-1.0, 0.0, 1.0}) {
    squares += std::pow(beat_in(spectrum, looks, window_s, 1 + side * unsure), 2) / 3;
  }
  return {.beat = std::sqrt(squares), .scatter = scatter_in(spectrum, looks, window_s)};
}

double quietest_length_s(const Pattern& pattern, const SensorLooks& looks, double shortest_s, double longest_s) {
  const Spectrum spectrum = spectrum_of(pattern, looks);
  double best_s = shortest_s;
  if (spectrum.amplitudes_w.empty()) return best_s;
  double least = beat_in(spectrum, looks, shortest_s);
  for (int step = 1; shortest_s + step * length_step_s <= longest_s; ++step) {
    const double length_s = shortest_s + step * length_step_s;
    const double beat = beat_in(spectrum, looks, length_s);
    if (beat >= least) continue;
    least = beat;
    best_s = length_s;
  }
  return best_s;
}

}  // namespace clear_native
