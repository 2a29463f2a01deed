#include "pair_weights.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "core/statistics/center.hpp"
#include "core/windows/noise_model.hpp"

namespace clear_native {
namespace {

constexpr double first_noise = 0.005;  // of the model, before the pairs tell theirs
constexpr double least_share_of_first = 0.2;
constexpr int iterations_of_noise = 4;
constexpr std::size_t pairs_per_component = 2;

/// What energies scatter about their regression by `weights`, in units of 1 / sqrt(weight); absent for too few pairs.
std::optional<double> scatter(const std::vector<WeighedPair>& pairs, std::size_t components,
                              const std::vector<double>& weights) {
  if (pairs.size() <= components) return std::nullopt;
  const std::vector<double> factors = roots(weights);
  const Matrix doses = doses_in(pairs, components, factors);
  std::vector<double> energies_j;
  energies_j.reserve(pairs.size());
  for (std::size_t row = 0; row < pairs.size(); ++row) energies_j.push_back(factors[row] * pairs[row].energy_j);
  const std::optional<Matrix> inverse = inverse_of_positive(gram(doses));
  if (!inverse) return std::nullopt;
  const std::vector<double> fitted = times(doses, times(*inverse, transposed_times(doses, energies_j)));
  std::vector<double> sizes;
  sizes.reserve(pairs.size());
  for (std::size_t row = 0; row < pairs.size(); ++row) sizes.push_back(std::abs(energies_j[row] - fitted[row]));
  const double n = static_cast<double>(pairs.size());
  return deviation_over_median * median(std::move(sizes)) * std::sqrt(n / (n - static_cast<double>(components)));
}

}  // namespace

Matrix doses_in(const std::vector<WeighedPair>& pairs, std::size_t components, const std::vector<double>& factors) {
  Matrix doses(pairs.size(), components);
  for (std::size_t row = 0; row < pairs.size(); ++row) {
    for (std::size_t i = 0; i < components; ++i) doses(row, i) = factors[row] * pairs[row].component_doses[i];
  }
  return doses;
}

double effective_count(const std::vector<double>& weights) {
  double sum = 0;
  double squares = 0;
  for (const double weight : weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

std::vector<double> sums_by_round(const std::vector<int>& rounds, const std::vector<double>& weights) {
  std::map<int, double> sums;
  for (std::size_t row = 0; row < rounds.size(); ++row) sums[rounds[row]] += weights[row];
  std::vector<double> listed;
  listed.reserve(sums.size());
  for (const auto& [round, sum] : sums) listed.push_back(sum);
  return listed;
}

std::vector<double> roots(std::vector<double> weights) {
  for (double& weight : weights) weight = std::sqrt(weight);
  return weights;
}

std::vector<double> length_weights(const std::vector<WeighedPair>& pairs) {
  std::vector<double> weights;
  weights.reserve(pairs.size());
  for (const WeighedPair& pair : pairs) weights.push_back(information(pair.length_s, 1));
  return weights;
}

std::vector<double> energy_weights(const std::vector<WeighedPair>& pairs, std::size_t components) {
  std::vector<double> lengths = length_weights(pairs);
  const bool beats = std::any_of(pairs.begin(), pairs.end(), [](const WeighedPair& pair) { return pair.beat_j > 0; });
  if (!beats) return lengths;
  double level_j = 0;
  for (const WeighedPair& pair : pairs) level_j += pair.mean_energy_j / static_cast<double>(pairs.size());
  std::vector<double> weights = lengths;
  double noise_j = first_noise * level_j * std::sqrt(information(pairs.front().length_s, 1));
  if (noise_j <= 0) return lengths;
  const double least_noise_j = noise_j * least_share_of_first;
  for (int i = 0; i < iterations_of_noise; ++i) {
    for (std::size_t row = 0; row < pairs.size(); ++row) {
      const double ratio = pairs[row].beat_j * std::sqrt(lengths[row]) / noise_j;
      weights[row] = lengths[row] / (1 + ratio * ratio);
    }
    if (pairs.size() < pairs_per_component * components) break;  // what so few leave is no measure of their noise
    const std::optional<double> seen_j = scatter(pairs, components, weights);
    if (!seen_j) break;
    noise_j = std::max(*seen_j, least_noise_j);
  }
  return weights;
}

}  // namespace clear_native
