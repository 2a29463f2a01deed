// A thousand whole profiles with every disturbance on: is what the engine says true, and as often as it says?

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "simulated_profile.hpp"

namespace clear_native::testing {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int profiles = 40;  // shows crashes and races; the figures need the full number
constexpr bool full = false;
#else
constexpr int profiles = 1000;
constexpr bool full = true;
#endif

constexpr double largest_bias = 0.002;
constexpr double least_coverage = 0.93;
constexpr double least_coverage_of_one = 0.915;  // the same, less two standard errors of a share of 1,000

/// How one quantity came out over all profiles.
struct Tally {
  double error_sum = 0;
  int seen = 0;
  int covered = 0;

  void add(double value, double half_width, double truth) {
    error_sum += (value - truth) / truth;
    ++seen;
    if (std::abs(value - truth) <= half_width) ++covered;
  }
  [[nodiscard]] double bias() const { return error_sum / seen; }
  [[nodiscard]] double coverage() const { return static_cast<double>(covered) / seen; }
};

void expect_true(const Tally& tally, const std::string& what) {
  ASSERT_EQ(tally.seen, profiles) << what;
  if (!full) return;
  EXPECT_LE(std::abs(tally.bias()), largest_bias) << what;
  EXPECT_GE(tally.coverage(), least_coverage_of_one) << what;
}

struct Tallies {
  std::vector<Tally> energies;
  Tally energy_closure;
  Tally time_closure;
  double elapsed_s = 0;
};

void add_profile(Tallies& tallies, const ProfileRun& run) {
  for (std::size_t i = 0; i < run.truth.loads.size(); ++i) {
    const auto& energy = run.result.targets[i].energy_per_pass_j;
    const double truth_j = run.truth.loads[i].power_w * run.truth.loads[i].time_s;
    if (energy && energy->half_width) tallies.energies[i].add(energy->mean, *energy->half_width, truth_j);
  }
  const auto& closure = run.result.energy_closure;
  if (closure && closure->half_width) {
    tallies.energy_closure.add(closure->ratio, *closure->half_width, run.truth.energy_closure);
  }
  const auto& time = run.result.time_closure;
  if (time && time->half_width) tallies.time_closure.add(time->ratio, *time->half_width, run.truth.time_closure);
  tallies.elapsed_s += run.result.elapsed_s;
}

Tallies run_profiles(double power_cap_w, const Disturbances& disturbances) {
  const std::vector<ProfileTarget> targets = bert_like_targets();
  Tallies tallies;
  tallies.energies.resize(targets.size());
  for (int i = 0; i < profiles; ++i) {
    DeviceOptions device;
    device.disturbances = disturbances;
    device.power_cap_w = power_cap_w;
    device.seed = static_cast<std::uint64_t>(i) + 1;
    // The counter stands still for a while in every fifth profile and is reset in every fifth, at times of its own.
    const double when_s = 2 + 0.0137 * i;
    if (i % 5 == 0) {
      device.faults.counter_stalls_s = when_s;
      device.faults.counter_runs_again_s = when_s + 0.7;
    }
    if (i % 5 == 1) device.faults.counter_resets_s = when_s;
    RoundsOptions options;
    options.seed = static_cast<std::uint64_t>(i) * 7 + 3;
    add_profile(tallies, run_simulated_profile(targets, device, options));
  }
  return tallies;
}

void expect_all_true(const Tallies& tallies) {
  const std::vector<ProfileTarget> targets = bert_like_targets();
  Tally all;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    expect_true(tallies.energies[i], targets[i].name);
    all.seen += tallies.energies[i].seen;
    all.covered += tallies.energies[i].covered;
  }
  if (full) {
    EXPECT_GE(all.coverage(), least_coverage) << "over all targets";
  }
  ::testing::Test::RecordProperty("coverage", std::to_string(all.coverage()));
  expect_true(tallies.energy_closure, "energy closure");
  expect_true(tallies.time_closure, "time closure");
}

TEST(SimulatedProfiles, AreUnbiasedAndTheirIntervalsCover) {
  const Tallies tallies = run_profiles(700, all_disturbances());
  expect_all_true(tallies);
  EXPECT_LE(tallies.elapsed_s / profiles, 30) << "seconds a profile, on the device's clock";
}

TEST(SimulatedProfiles, HoldWithAComponentAtThePowerCap) {
  Disturbances disturbances = all_disturbances();
  disturbances.carry_over =
      false;  // at the cap it moves clocks and so times, for which there is no truth to compare with
  expect_all_true(run_profiles(285, disturbances));  // below what the LM head draws, above everything else
}

}  // namespace
}  // namespace clear_native::testing
