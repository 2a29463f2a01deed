#pragma once
// How the noise of a window's energy falls with its length. Planning and weighting share this one assumption.

#include <cmath>

namespace clear_native {

/// Variance of a window's energy per pass goes as length to the power of minus this: white noise of power would give 1,
/// a disturbance of fixed energy (what is left of the switch before it) 2. On an H200, BERT-base, windows of 0.25 to
/// 1 s scattered by 2.2 and 0.43 %, which is between the two.
inline constexpr double noise_exponent = 1.5;

/// Information (inverse variance) in a window of `duration_s`, in units of that in one of `unit_s`.
inline double information(double duration_s, double unit_s) {
  return std::pow(duration_s / unit_s, noise_exponent);
}

/// The duration that holds so much information.
inline double duration_for(double wanted_information, double unit_s) {
  return unit_s * std::pow(wanted_information, 1 / noise_exponent);
}

}  // namespace clear_native
