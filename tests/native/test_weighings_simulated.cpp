// A thousand whole weighings with every disturbance on, of a model whose mix matters: is what the engine says true, and
// as often as it says?

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "simulated_weighing.hpp"
#include "tally.hpp"

namespace clear_native::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int profiles = 10;  // shows crashes and races; the figures need the full number
constexpr bool full = false;
#else
constexpr int profiles = 1000;
constexpr bool full = true;
#endif

constexpr double largest_bias = 0.005;
// Uniform pairs share what the power cap makes of all doses together out among the components in equal parts, so that
// the smallest, which is asked for to 0.3 % of the model, shows it most.
constexpr double largest_bias_of_model = 0.0002;
constexpr double least_coverage = 0.93;
constexpr double least_coverage_of_one = 0.90;  // of one quantity: less for the bias that doses of a half leave

struct Tallies {
  std::vector<Tally> energies;
  Tally closure;
  Tally homogeneity;
  Tally layers;
  double largest_time_error = 0;
};

Tallies run_weighings(const MixModel& model) {
  Tallies tallies;
  tallies.energies.resize(model.components.size());
  double time_closures = 0;
  for (int i = 0; i < profiles; ++i) {
    DeviceOptions device;
    device.disturbances = all_disturbances();
    device.tells_power_cap = model.power_cap_w > 0;
    device.seed = static_cast<std::uint64_t>(i) + 1;
    const double when_s = 2 + 0.0137 * i;
    if (i % 10 == 0) device.faults.counter_resets_s = when_s;
    RoundsOptions options;
    options.seed = static_cast<std::uint64_t>(i) * 7 + 3;
    const WeighingRun run = run_simulated_weighing(model, device, options);
    for (std::size_t j = 0; j < tallies.energies.size(); ++j) {
      const Interval& marginal = run.estimate.marginals_j[j];
      tallies.energies[j].add(marginal.mean, *marginal.half_width, run.truth.energies_j[j]);
    }
    const ClosureEstimate& closure = *run.result.rounds.energy_closure;
    tallies.closure.add(closure.ratio, *closure.half_width, run.truth.energy_closure);
    const ClosureEstimate& homogeneity = *run.result.weighing.homogeneity;
    tallies.homogeneity.add(homogeneity.ratio, *homogeneity.half_width, run.truth.homogeneity);
    for (std::size_t j = 0; j < run.result.weighing.layers.size(); ++j) {
      const Interval& layer = run.result.weighing.layers[j].energy_j;
      tallies.layers.add(layer.mean, *layer.half_width, run.truth.layer_energies_j[j]);
    }
    time_closures += run.result.rounds.time_closure->ratio / run.truth.time_closure - 1;
  }
  tallies.largest_time_error = std::abs(time_closures / profiles);
  return tallies;
}

double largest_bias_of(const MixModel& model, std::size_t component) {
  const Load marginal = model.marginal_of_component(component);
  const Load chain = model.load_of_doses(uniform_doses(model, 0));
  const double share = marginal.power_w * marginal.time_s / (chain.power_w * chain.time_s);
  return std::max(largest_bias, largest_bias_of_model / share);
}

void expect_true(const Tally& tally, const std::string& what, double bias = largest_bias) {
  ASSERT_GT(tally.seen, 0) << what;
  if (!full) return;
  EXPECT_LE(std::abs(tally.bias()), bias + 2 * tally.bias_standard_error()) << what;
  EXPECT_GE(tally.coverage(), least_coverage_of_one) << what;
}

void expect_all_true(const MixModel& model) {
  const Tallies tallies = run_weighings(model);
  Tally all;
  for (std::size_t i = 0; i < tallies.energies.size(); ++i) {
    expect_true(tallies.energies[i], model.components[i], largest_bias_of(model, i));
    all.seen += tallies.energies[i].seen;
    all.covered += tallies.energies[i].covered;
  }
  expect_true(tallies.closure, "energy closure");
  expect_true(tallies.homogeneity, "homogeneity");
  expect_true(tallies.layers, "layers");
  if (!full) return;
  EXPECT_GE(all.coverage(), least_coverage) << "over all components";
  EXPECT_LE(tallies.largest_time_error, largest_bias);
}

TEST(SimulatedWeighings, HoldWithCachesAndInteractions) {
  MixModel model = bert_like_mix();
  model.cache = 0.05;
  model.interaction = 0.04;
  expect_all_true(model);
}

TEST(SimulatedWeighings, HoldAtThePowerCap) {
  MixModel model = bert_like_mix();
  model.cache = 0.05;
  model.power_cap_w = 200;  // below what every mix draws
  model.idle_power_w = 124;
  expect_all_true(model);
}

}  // namespace
}  // namespace clear_native::testing
