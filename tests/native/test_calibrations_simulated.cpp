#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/calibration/calibration_run.hpp"
#include "simulated_bench.hpp"

// Whole calibrations of a device that leaks more when it is warm and has a power cap: what a unit costs is known.

namespace clear_native {
namespace {

using testing::SimulatedBench;
using testing::SimulatedWorkload;

constexpr double pass_s = 1e-3;
constexpr double occupied_w = 131;
constexpr double leakage_w_per_k = 0.5;
constexpr double die_k_per_w = 0.025;
constexpr double within = 0.02;  // of each other, and of the truth
constexpr int pairs = 20;

struct Kind {
  std::string name;
  double per_unit_j;
  double units_per_s;          // at the full rate and clocks
  std::vector<double> shares;  // of it
};

/// As on a card of 700 W. The first two run into the cap at their full rate; the next rate of the second is at its
/// border.
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{{"tensor_bf16", 0.77e-12, 1.0e15, {1, 0.58, 0.28, 0.1}},
                                     {"tensor_tf32", 1.46e-12, 5.0e14, {1, 0.74, 0.28, 0.1}},
                                     {"dram_read", 112e-12, 4.6e12, {1, 0.68, 0.1}},
                                     {"l2_read", 39e-12, 11e12, {1, 0.68, 0.1}},
                                     {"fma_fp32", 4.8e-12, 62e12, {1, 0.68, 0.1}}};
  return all;
}

LoadAtRate load_of(SimulatedBench& bench, const Kind& kind, double share) {
  const double power_w = occupied_w + kind.per_unit_j * share * kind.units_per_s;
  return {.workload =
              std::make_unique<SimulatedWorkload>(bench.device, testing::Load{.power_w = power_w, .time_s = pass_s}, 2),
          .units_per_pass = share * kind.units_per_s * pass_s};
}

std::vector<CalibrationSubject> subjects_of(SimulatedBench& bench) {
  std::vector<CalibrationSubject> subjects(1);
  subjects[0].name = "occupancy";
  subjects[0].rates.push_back(load_of(bench, kinds().front(), 0));
  for (const Kind& kind : kinds()) {
    subjects.push_back({.name = kind.name, .unit = "unit", .rates = {}});
    for (const double share : kind.shares) subjects.back().rates.push_back(load_of(bench, kind, share));
  }
  return subjects;
}

Calibration calibration_from(double start_c, std::uint64_t seed) {
  testing::DeviceOptions options;
  options.leakage_w_per_k = leakage_w_per_k;
  options.die_k_per_w = die_k_per_w;
  options.start_c = start_c;
  options.seed = seed;
  options.noise_share = 0.5;
  options.disturbances = {.power_noise = true, .transients = true, .tick_jitter = true, .power_cap = true};
  SimulatedBench bench(options);
  return run_calibration(bench.runner, bench.device, subjects_of(bench), {.rounds = 4, .max_time_s = 75, .seed = seed},
                         {});
}

/// With the leakage that its own heat brings.
double truth_j(const Kind& kind) {
  return kind.per_unit_j / (1 - leakage_w_per_k * die_k_per_w);
}

struct Tally {
  int all = 0;
  int covered = 0;

  void add(const Interval& found, double truth) {
    ++all;
    if (std::abs(found.mean - truth) <= found.half_width.value()) ++covered;
  }
};

TEST(CalibrationsSimulated, FromColdAndFromHotAgreeAndAreTrue) {
  Tally intervals;
  for (std::uint64_t pair = 0; pair < pairs; ++pair) {
    const Calibration cold = calibration_from(25, 2 * pair + 1);
    const Calibration hot = calibration_from(75, 2 * pair + 2);
    for (std::size_t i = 0; i < kinds().size(); ++i) {
      SCOPED_TRACE(kinds()[i].name + ", pair " + std::to_string(pair));
      const double truth = truth_j(kinds()[i]);
      const Interval from_cold = cold.kinds[i].energy_per_unit_j.value();
      const Interval from_hot = hot.kinds[i].energy_per_unit_j.value();
      EXPECT_NEAR(from_cold.mean / from_hot.mean, 1, within);
      EXPECT_NEAR(from_cold.mean / truth, 1, within);
      EXPECT_NEAR(from_hot.mean / truth, 1, within);
      intervals.add(from_cold, truth);
      intervals.add(from_hot, truth);
    }
  }
  EXPECT_GT(intervals.covered, 0.9 * intervals.all);
}

TEST(CalibrationsSimulated, TheCapIsToldAndTheLineHasRatesLeftBelowIt) {
  const Calibration found = calibration_from(60, 1);
  EXPECT_EQ(found.kinds[0].statuses, std::vector<std::string>{"power_capped"});
  ASSERT_TRUE(found.kinds[0].bend);
  EXPECT_NEAR(*found.kinds[0].bend, 0, 0.02);
  EXPECT_NEAR(found.kinds[0].power_w.value().mean, 700, 15);
  EXPECT_EQ(found.kinds[2].statuses, std::vector<std::string>{});
}

}  // namespace
}  // namespace clear_native
