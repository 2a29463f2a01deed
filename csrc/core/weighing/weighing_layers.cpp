#include "weighing_layers.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <optional>

#include "core/statistics/center.hpp"
#include "core/statistics/least_squares.hpp"
#include "core/statistics/statistics.hpp"

namespace clear_native {
namespace {

constexpr int most_iterations = 60;
constexpr double converged = 1e-3;    // relative change of the variance between calls
constexpr double first_spread = 0.2;  // between calls, relative to the mean call
constexpr double least_noise = 1e-3;  // of the mean call: keeps the equations regular where nothing is noisy
// A prior worth two calls: where the pairs hardly tell calls apart, the variance that suits them best is often none at
// all, and the errors would be too small.
constexpr double prior_calls = 2;
constexpr double prior_spread = 0.1;

/// Doses of the calls about their mean in every pair: only what tells calls of one component apart.
Matrix centred_doses(const std::vector<WeighedPair>& pairs, const std::vector<std::size_t>& calls) {
  Matrix doses(pairs.size(), calls.size());
  for (std::size_t row = 0; row < pairs.size(); ++row) {
    double mean = 0;
    for (const std::size_t call : calls) mean += pairs[row].call_doses[call] / static_cast<double>(calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i) doses(row, i) = pairs[row].call_doses[calls[i]] - mean;
  }
  return doses;
}

struct Prediction {
  std::vector<double> deviations;
  Matrix covariance;
};

/// What the pairs say, drawn to zero by the variance between calls.
std::optional<Prediction> predict(const Matrix& sums, const std::vector<double>& sides, double call_variance,
                                  double noise_variance) {
  const std::size_t n = sums.rows();
  Matrix precision(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) precision(i, j) = sums(i, j) / noise_variance;
    precision(i, i) += 1 / call_variance;
  }
  std::optional<Matrix> covariance = inverse_of_positive(precision);
  if (!covariance) return std::nullopt;
  std::vector<double> deviations = times(*covariance, sides);
  for (double& deviation : deviations) deviation /= noise_variance;
  return Prediction{.deviations = std::move(deviations), .covariance = std::move(*covariance)};
}

/// Sum of the squared residuals that is expected of these deviations, what is not known of them included.
double expected_squares(const Prediction& prediction, const Matrix& sums, const std::vector<double>& sides,
                        double squares) {
  const std::size_t n = sums.rows();
  for (std::size_t i = 0; i < n; ++i) {
    squares -= 2 * prediction.deviations[i] * sides[i];
    for (std::size_t j = 0; j < n; ++j) {
      squares += sums(i, j) * (prediction.deviations[i] * prediction.deviations[j] + prediction.covariance(i, j));
    }
  }
  return squares;
}

/// What a mean call and the deviation of this one make together.
Interval layer_interval(const Interval& component, double calls, const CallDeviation& deviation) {
  Interval interval{.mean = component.mean / calls + deviation.mean, .rounds = component.rounds};
  interval.standard_deviation =
      std::hypot(component.standard_deviation / calls, deviation.standard_error * std::sqrt(component.rounds));
  if (component.half_width) {
    const double t = student_t_two_sided(0.95, std::max(1, component.rounds - 1));
    interval.half_width = std::hypot(*component.half_width / calls, t * deviation.standard_error);
  }
  return interval;
}

std::vector<double> what_marginals_leave(const std::vector<WeighedPair>& pairs, const std::vector<Interval>& means,
                                         double WeighedPair::* value) {
  std::vector<double> residuals;
  for (const WeighedPair& pair : pairs) {
    double rest = pair.*value;
    for (std::size_t i = 0; i < means.size(); ++i) rest -= pair.component_doses[i] * means[i].mean;
    residuals.push_back(rest);
  }
  return residuals;
}

}  // namespace

std::vector<CallDeviation> call_deviations(const std::vector<WeighedPair>& pairs, const std::vector<double>& residuals,
                                           const std::vector<std::size_t>& calls, double mean_call) {
  std::vector<CallDeviation> result(calls.size());
  if (calls.size() < 2 || pairs.empty()) return result;
  const double n = static_cast<double>(calls.size());
  const double scale = std::abs(mean_call);
  const Matrix doses = centred_doses(pairs, calls);
  const Matrix sums = gram(doses);
  const std::vector<double> sides = transposed_times(doses, residuals);
  const double squares = std::inner_product(residuals.begin(), residuals.end(), residuals.begin(), 0.0);
  const double floor = std::pow(least_noise * scale, 2) + 1e-300;
  double call_variance = std::pow(first_spread * scale, 2) + 1e-300;
  double noise_variance = std::max(squares / static_cast<double>(pairs.size()), floor);
  std::optional<Prediction> prediction = predict(sums, sides, call_variance, noise_variance);
  for (int i = 0; i < most_iterations && prediction; ++i) {
    double between = 0;
    for (std::size_t call = 0; call < calls.size(); ++call) {
      between += std::pow(prediction->deviations[call], 2) + prediction->covariance(call, call);
    }
    // The deviations sum to zero, so their mean, which the pairs tell nothing of, is no part of them.
    const double prior = prior_calls * std::pow(prior_spread * scale, 2) + 1e-300;
    const double next = (between - call_variance + prior) / (n - 1 + prior_calls);
    noise_variance =
        std::max(expected_squares(*prediction, sums, sides, squares) / static_cast<double>(pairs.size()), floor);
    const bool done = std::abs(next - call_variance) < converged * call_variance;
    call_variance = next;
    prediction = predict(sums, sides, call_variance, noise_variance);
    if (done) break;
  }
  for (std::size_t call = 0; call < calls.size(); ++call) {
    const double known = prediction ? prediction->covariance(call, call) - call_variance / n : call_variance;
    result[call] = {.mean = prediction ? prediction->deviations[call] : 0,
                    .standard_error = std::sqrt(std::max(known, 0.0))};
  }
  return result;
}

std::vector<LayerEstimate> estimate_layers(const std::vector<WeighedPair>& pairs, const std::vector<double>& weights,
                                           const WeighingLayout& layout, const std::vector<Interval>& energies_j,
                                           const std::vector<Interval>& times_s) {
  std::vector<double> energy_residuals = what_marginals_leave(pairs, energies_j, &WeighedPair::energy_j);
  std::vector<WeighedPair> timed;
  std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(timed),
               [](const WeighedPair& pair) { return !pair.off_speed; });
  if (timed.empty()) timed = pairs;
  const std::vector<double> time_residuals = what_marginals_leave(timed, times_s, &WeighedPair::time_s);
  const double typical = mean(weights);
  std::vector<WeighedPair> weighed = pairs;
  for (std::size_t row = 0; row < pairs.size(); ++row) {
    const double factor = std::sqrt(weights[row] / typical);
    energy_residuals[row] *= factor;
    for (double& dose : weighed[row].call_doses) dose *= factor;
  }
  std::vector<LayerEstimate> layers;
  for (std::size_t i = 0; i < layout.components.size(); ++i) {
    std::vector<std::size_t> calls;
    for (std::size_t call = 0; call < layout.component_of_call.size(); ++call) {
      if (layout.component_of_call[call] == i) calls.push_back(call);
    }
    const double n = static_cast<double>(calls.size());
    const auto energy = call_deviations(weighed, energy_residuals, calls, energies_j[i].mean / n);
    const auto time = call_deviations(timed, time_residuals, calls, times_s[i].mean / n);
    for (std::size_t layer = 0; layer < calls.size(); ++layer) {
      layers.push_back({.component = layout.components[i],
                        .layer = layer,
                        .energy_j = layer_interval(energies_j[i], n, energy[layer]),
                        .time_s = layer_interval(times_s[i], n, time[layer])});
    }
  }
  return layers;
}

}  // namespace clear_native
