#pragma once
// What the pairs of a weighing count in its regression.

#include <cstddef>
#include <vector>

#include "core/statistics/least_squares.hpp"
#include "weighed_pairs.hpp"

namespace clear_native {

/// More for longer windows.
std::vector<double> length_weights(const std::vector<WeighedPair>& pairs);

/// Of energies: less, too, where a pair is expected to be off by a beat with the sensor, compared with what pairs
/// scatter besides.
std::vector<double> energy_weights(const std::vector<WeighedPair>& pairs, std::size_t components);

/// As how many that weigh the same these count: (sum w)^2 / sum w^2 (Kish 1965).
double effective_count(const std::vector<double>& weights);

/// What each round's pairs, or windows, weigh together.
std::vector<double> sums_by_round(const std::vector<int>& rounds, const std::vector<double>& weights);

std::vector<double> roots(std::vector<double> weights);

/// Doses [pair][component], each pair's times its factor.
Matrix doses_in(const std::vector<WeighedPair>& pairs, std::size_t components, const std::vector<double>& factors);

}  // namespace clear_native
