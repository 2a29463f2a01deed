#pragma once
// Whether power has settled after a switch of workload.

#include <span>

#include "core/meters/meter.hpp"
#include "ticks.hpp"

namespace clear_native {

struct SteadyOptions {
  double span_s = 0.06;           // each of the two stretches that are compared
  double tolerance = 0.015;       // relative difference of their means
  double ticks_tolerance = 0.05;  // the same without samples: a tick's moment is less well known than a sample's
};

enum class Steadiness { unknown, unsteady, steady };

/// Compares the mean of the last `span_s` of samples with that of the `span_s` before. Samples that end before
/// `since_s` belong to what ran before; `unknown` where those after it do not yet cover both stretches.
Steadiness steadiness(std::span<const PowerSample> samples, double since_s, const SteadyOptions& options);

/// The same by the mean power between the last three ticks after `since_s`.
Steadiness steadiness(std::span<const TickBracket> ticks, double period_s, double since_s,
                      const SteadyOptions& options);

/// Mean of the samples over [begin_s, end_s], each weighted by the time it stands for inside; absent where fewer than
/// `min_samples` lie wholly inside.
std::optional<double> mean_power_w(std::span<const PowerSample> samples, double begin_s, double end_s, int min_samples);

}  // namespace clear_native
