// Whole weighings with a sensor that looks part of the time: are its looks found, is what the engine then says still
// true, and is it said more narrowly than where the engine is not told what runs when?

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulated_weighing.hpp"
#include "tally.hpp"

namespace clear_native::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool full = false;  // shows crashes and races; the figures need all profiles
#else
constexpr bool full = true;
#endif

constexpr double look_period_s = 0.81e-3;
constexpr int rounds = 12;  // whatever the precision: half-widths of as many windows, as long, are compared
constexpr double largest_bias = 0.005;
constexpr double largest_bias_of_model = 0.0002;
constexpr double least_coverage = 0.93;
constexpr double least_coverage_of_one = 0.85;  // of tens of profiles: three standard errors below 0.95
constexpr double least_found = 0.9;
constexpr double farthest_s = 1e-6;  // of a period found from the true one

struct Tallies {
  std::vector<Tally> energies;
  Tally closure;
  int profiles = 0;
  int found = 0;           // their looks, near the true period
  double half_widths = 0;  // sum over components and profiles, of the model
};

/// The parts of BERT in layers, each with a power of its own.
MixModel layered(double pass_s, int passes, const std::vector<double>& powers_w) {
  MixModel model = in_layers(bert_like_mix());
  for (MixCall& call : model.calls) call.energy_j = call.time_s * powers_w[call.component];
  model.passes = passes;
  return slowed(model, pass_s / model.load_of_doses(uniform_doses(model, 0)).time_s);
}

/// What moves energies besides the looks is in the other simulated weighings: here it would hide what looks do.
DeviceOptions looking_device(std::uint64_t seed) {
  DeviceOptions device;
  device.disturbances = all_disturbances();
  device.disturbances.beats = false;  // the looks make them
  device.disturbances.transients = false;
  device.disturbances.carry_over = false;
  device.noise_share = 0.1;
  device.looks.period_s = look_period_s;
  device.seed = seed;
  return device;
}

Tallies run_weighings(const MixModel& model, int profiles) {
  Tallies tallies;
  tallies.energies.resize(model.components.size());
  tallies.profiles = profiles;
  for (int i = 0; i < profiles; ++i) {
    RoundsOptions options;
    options.seed = static_cast<std::uint64_t>(i) * 7 + 3;
    options.min_rounds = options.max_rounds = rounds;
    options.dosed_max_duration_s = options.dosed_duration_s;
    options.max_time_s = 200;
    const DeviceOptions device = looking_device(static_cast<std::uint64_t>(i) + 1);
    const WeighingRun run = run_simulated_weighing(model, device, options);
    for (std::size_t j = 0; j < tallies.energies.size(); ++j) {
      const Interval& marginal = run.estimate.marginals_j[j];
      tallies.energies[j].add(marginal.mean, *marginal.half_width, run.truth.energies_j[j]);
      tallies.half_widths += *marginal.half_width / run.truth.chain_energy_j;
    }
    const ClosureEstimate& closure = *run.result.rounds.energy_closure;
    tallies.closure.add(closure.ratio, *closure.half_width, run.truth.energy_closure);
    const std::optional<SensorLooks>& looks = run.result.looks;
    if (looks && std::abs(looks->period_s - look_period_s) <= farthest_s) ++tallies.found;
  }
  return tallies;
}

void expect_true(const Tally& tally, double bias, const std::string& what) {
  EXPECT_LE(std::abs(tally.bias()), bias + 2 * tally.bias_standard_error()) << what;
  EXPECT_GE(tally.coverage(), least_coverage_of_one) << what;
}

void expect_all_true(const MixModel& model, const Tallies& tallies) {
  const Load chain = model.load_of_doses(uniform_doses(model, 0));
  Tally all;
  for (std::size_t i = 0; i < tallies.energies.size(); ++i) {
    const Load marginal = model.marginal_of_component(i);
    const double share = marginal.power_w * marginal.time_s / (chain.power_w * chain.time_s);
    expect_true(tallies.energies[i], std::max(largest_bias, largest_bias_of_model / share), model.components[i]);
    all.seen += tallies.energies[i].seen;
    all.covered += tallies.energies[i].covered;
  }
  expect_true(tallies.closure, largest_bias, "energy closure");
  EXPECT_GE(all.coverage(), least_coverage) << "over all components";
}

/// `narrower`: half-widths where it is told what runs when are at most this share of those where it is not.
void expect_looks_to_help(MixModel model, int profiles, double narrower) {
  const Tallies told = run_weighings(model, full ? profiles : 1);
  model.tells_runs = false;
  const Tallies untold = run_weighings(model, full ? profiles : 1);
  EXPECT_EQ(untold.found, 0) << "nothing tells";
  if (!full) return;
  EXPECT_GE(told.found, least_found * told.profiles);
  EXPECT_LE(told.half_widths, narrower * untold.half_widths);
  expect_all_true(model, told);
}

TEST(WeighingsThatKnowTheLooks, AreTrueAndNarrowerForALongPass) {
  expect_looks_to_help(layered(3.5e-3, 2, {190, 300, 130, 300, 130, 130}), 50, 0.85);
}

/// Passes of the chain beat with the looks, with 15 Hz.
TEST(WeighingsThatKnowTheLooks, AreTrueAndNarrowerForAPassNearlyInStep) {
  expect_looks_to_help(layered(0.8e-3, 8, {130, 430, 130, 300, 130, 130}), 32, 0.92);
}

}  // namespace
}  // namespace clear_native::testing
