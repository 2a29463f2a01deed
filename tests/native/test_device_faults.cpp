// What comes and goes on a device while it is measured. The truth lies in the intervals, or a status says why it need
// not.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "core/rounds/target_status.hpp"
#include "simulated_profile.hpp"

namespace clear_native::testing {
namespace {

constexpr double begin_s = 1000;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int profiles = 2;  // shows crashes and races; the figures need the full number
constexpr bool full = false;
#else
constexpr int profiles = 30;
constexpr bool full = true;
#endif

/// Of all energies of all components, the share whose interval holds the truth.
struct Judged {
  int seen = 0;
  int covered = 0;
  [[nodiscard]] double coverage() const { return static_cast<double>(covered) / seen; }
};

DeviceOptions device_of(int number) {
  DeviceOptions device;
  device.disturbances = all_disturbances();
  device.seed = static_cast<std::uint64_t>(number) + 1;
  return device;
}

RoundsOptions options_of(int number) {
  RoundsOptions options;
  options.seed = static_cast<std::uint64_t>(number) * 7 + 3;
  return options;
}

void judge(Judged& judged, const ProfileRun& run) {
  for (std::size_t i = 0; i < run.truth.loads.size(); ++i) {
    const auto& energy = run.result.targets[i].energy_per_pass_j;
    if (!energy || !energy->half_width) continue;
    const double truth_j = run.truth.loads[i].power_w * run.truth.loads[i].time_s;
    ++judged.seen;
    if (std::abs(energy->mean - truth_j) <= *energy->half_width) ++judged.covered;
  }
}

bool says(const TargetEstimate& target, const std::string& status) {
  return std::count(target.statuses.begin(), target.statuses.end(), status) > 0;
}

TEST(DeviceFaults, BurstsOfNoiseWidenTheIntervals) {
  Judged judged;
  double widening = 0;
  for (int i = 0; i < profiles; ++i) {
    DeviceOptions device = device_of(i);
    const ProfileRun quiet = run_simulated_profile(bert_like_targets(), device, options_of(i));
    device.faults.bursts = {.first_s = begin_s + 0.01 * i, .lasts_s = 0.05, .every_s = 0.73};
    const ProfileRun noisy = run_simulated_profile(bert_like_targets(), device, options_of(i));
    judge(judged, noisy);
    widening += *noisy.result.targets[1].energy_per_pass_j->half_width /
                *quiet.result.targets[1].energy_per_pass_j->half_width / profiles;
  }
  if (!full) return;
  EXPECT_GE(judged.coverage(), 0.9) << judged.seen;
  EXPECT_GT(widening, 1.2);
}

TEST(DeviceFaults, ThrottlingThatComesAndGoesIsSaid) {
  for (const double lasts_s : {1.0, 4.0}) {
    for (int i = 0; i < profiles / 10 + 1; ++i) {
      DeviceOptions device = device_of(i);
      device.faults.throttles = {.first_s = begin_s + 2 + 0.37 * i, .lasts_s = lasts_s, .every_s = 6};
      const ProfileRun run = run_simulated_profile(bert_like_targets(), device, options_of(i));
      for (const TargetEstimate& target : run.result.targets) {
        const auto own = windows_of(run.result.windows, target.name);
        const auto hot = std::count_if(own.begin(), own.end(), [](const Window* window) {
          return window->operating_point && (window->operating_point->throttle_reasons.value_or(0) & 0x40U) != 0;
        });
        const bool most = 2 * hot > static_cast<long>(own.size());
        EXPECT_EQ(says(target, "throttled"), most) << target.name;
        EXPECT_EQ(says(target, "throttled_at_times"), hot > 0 && !most) << target.name << " " << hot;
      }
    }
  }
}

TEST(DeviceFaults, ANeighbourThatComesAndGoesIsSaid) {
  for (int i = 0; i < profiles / 10 + 1; ++i) {
    DeviceOptions device = device_of(i);
    device.faults.neighbour = {.first_s = begin_s + 3, .lasts_s = 2, .every_s = 7};
    device.faults.neighbour_w = 80;
    const ProfileRun run = run_simulated_profile(bert_like_targets(), device, options_of(i));
    EXPECT_EQ(run.result.other_processes_peak, 1);
    for (const TargetEstimate& target : run.result.targets) {
      const auto own = windows_of(run.result.windows, target.name);
      const bool met = std::any_of(own.begin(), own.end(),
                                   [](const Window* window) { return window->other_processes.value_or(0) > 0; });
      EXPECT_EQ(says(target, "contended"), met) << target.name;
    }
  }
}

TEST(DeviceFaults, AStallAndAResetInOneProfileCostTwoWindows) {
  Judged judged;
  Judged without;
  for (int i = 0; i < profiles; ++i) {
    DeviceOptions device = device_of(i);
    judge(without, run_simulated_profile(bert_like_targets(), device, options_of(i)));
    device.faults.counter_stalls_s = begin_s + 2 + 0.05 * i;
    device.faults.counter_runs_again_s = device.faults.counter_stalls_s + 0.8;
    device.faults.counter_resets_s = begin_s + 6 + 0.05 * i;
    const ProfileRun run = run_simulated_profile(bert_like_targets(), device, options_of(i));
    ASSERT_NE(run.result.stop_reason, StopReason::failed) << run.result.failure_message;
    judge(judged, run);
    for (const Window& window : run.result.windows) {
      if (window.status == "counter_stalled" || window.status == "counter_went_back") {
        EXPECT_FALSE(window.energy_per_pass_j) << "a faulty window has no energy";
      }
    }
  }
  if (!full) return;
  // So few profiles say little of the coverage itself, much of what the faults do to it.
  EXPECT_GE(judged.coverage(), without.coverage() - 0.05) << without.coverage();
}

}  // namespace
}  // namespace clear_native::testing
