#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/weighing/off_speed.hpp"
#include "core/weighing/weighing_estimate.hpp"
#include "made_weighing.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

using testing::linear_cost;
using testing::made_layout;
using testing::made_references;
using testing::made_weighing;
using testing::MadeCost;

constexpr double idle_w = 0.5;  // as made_weighing() has it

/// The device takes `step` longer in these windows, and idle power flows meanwhile.
void slow_down(Window& window, double step) {
  const double more_s = step * *window.time_per_pass_s;
  window.time_per_pass_s = *window.time_per_pass_s + more_s;
  window.energy_per_pass_j = *window.energy_per_pass_j + idle_w * more_s;
}

/// Of every `period` windows, the first ones up to `count`; idling is as it is.
std::vector<bool> slowed(std::vector<Window>& windows, int count, int period, double step) {
  std::vector<bool> slow;
  int number = 0;
  for (Window& window : windows) {
    const bool now = window.target != "idle" && number++ % period < count;
    if (now) slow_down(window, step);
    slow.push_back(now);
  }
  return slow;
}

std::vector<Window> noisy_weighing(double noise) {
  testing::NormalNoise normal(11);
  return made_weighing(made_layout(), 8, [&](const Doses& doses) {
    MadeCost cost = linear_cost(doses);
    cost.time_s *= 1 + noise * normal.normal();
    cost.energy_j *= 1 + noise * normal.normal();
    return cost;
  });
}

TEST(OffSpeed, WindowsOfOneSpeedAreNotMarked) {
  std::vector<Window> windows = noisy_weighing(0.003);
  windows.front().off_speed = 0.2;  // of an earlier judgement
  mark_off_speed(windows, made_references(), made_layout());
  for (const Window& window : windows) EXPECT_FALSE(window.off_speed) << window.target;
  EXPECT_FALSE(off_speed_of(windows, made_references()));
}

TEST(OffSpeed, SlowWindowsAreFoundAmongAllKinds) {
  for (const double step : {0.1, -0.09}) {
    const int count = step > 0 ? 1 : 3;  // of eight: a fifth of the windows would make the slower speed the main one
    std::vector<Window> windows = noisy_weighing(0.003);
    const std::vector<bool> slow = slowed(windows, count, 8, step);
    mark_off_speed(windows, made_references(), made_layout());
    for (std::size_t i = 0; i < windows.size(); ++i) {
      ASSERT_EQ(windows[i].off_speed.has_value(), slow[i]) << windows[i].target << " of round " << windows[i].round;
      EXPECT_NEAR(windows[i].off_speed.value_or(step), step, 0.015);
    }
    const std::optional<OffSpeed> found = off_speed_of(windows, made_references());
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->step, step, 0.01);
    EXPECT_NEAR(found->share, count / 8.0, 0.03);
  }
}

TEST(OffSpeed, EstimatesAreOfTheMainSpeed) {
  std::vector<Window> windows = noisy_weighing(0.001);
  slowed(windows, 3, 8, -0.1);
  const PrecisionRule rule;
  const WeighedRounds blind = estimate_weighing(windows, made_references(), made_layout(), rule);
  mark_off_speed(windows, made_references(), made_layout());
  const WeighedRounds found = estimate_weighing(windows, made_references(), made_layout(), rule);
  ASSERT_EQ(found.rounds.targets.size(), 6U);
  const TargetEstimate& a = found.rounds.targets[4];
  const TargetEstimate& b = found.rounds.targets[5];
  EXPECT_NEAR(a.energy_per_pass_j->mean, 6, 0.02);
  EXPECT_NEAR(b.energy_per_pass_j->mean, 2, 0.02);
  EXPECT_NEAR(a.time_per_pass_s->mean, 3, 0.01);
  EXPECT_NEAR(b.time_per_pass_s->mean, 4, 0.01);
  EXPECT_NEAR(found.rounds.targets[0].time_per_pass_s->mean, 8, 0.02);
  EXPECT_NEAR(found.rounds.targets[0].energy_per_pass_j->mean, 9, 0.02);
  EXPECT_NEAR(found.rounds.time_closure->ratio, 7.0 / 8, 0.003) << "a second of a pass is in no component";
  EXPECT_LT(3 * *a.time_per_pass_s->half_width, *blind.rounds.targets[4].time_per_pass_s->half_width);
  for (const TargetEstimate& target : found.rounds.targets) {
    const bool said = std::count(target.statuses.begin(), target.statuses.end(), "two_speeds") == 1;
    EXPECT_EQ(said, target.name != "idle") << target.name;
  }
}

TEST(OffSpeed, TheSlowerSpeedIsTheMainOneWhereAFifthOfTheWindowsHasIt) {
  std::vector<Window> windows = noisy_weighing(0.001);
  const std::vector<bool> fast = slowed(windows, 5, 8, -0.09);
  mark_off_speed(windows, made_references(), made_layout());
  for (std::size_t i = 0; i < windows.size(); ++i) EXPECT_EQ(windows[i].off_speed.has_value(), fast[i]) << i;
  const WeighedRounds found = estimate_weighing(windows, made_references(), made_layout(), {});
  EXPECT_NEAR(found.rounds.targets[4].time_per_pass_s->mean, 3, 0.01);
  EXPECT_NEAR(found.rounds.targets[4].energy_per_pass_j->mean, 6, 0.02);
}

TEST(OffSpeed, AFewSlowWindowsAreNotTheMainSpeed) {
  std::vector<Window> windows = noisy_weighing(0.001);
  const std::vector<bool> slow = slowed(windows, 1, 8, 0.1);
  mark_off_speed(windows, made_references(), made_layout());
  for (std::size_t i = 0; i < windows.size(); ++i) EXPECT_EQ(windows[i].off_speed.has_value(), slow[i]) << i;
}

TEST(OffSpeed, NothingIsMarkedWhereTimesScatterOrTheClocksAreHeldDown) {
  std::vector<Window> noisy = noisy_weighing(0.05);
  slowed(noisy, 3, 8, 0.1);
  mark_off_speed(noisy, made_references(), made_layout());
  EXPECT_FALSE(off_speed_of(noisy, made_references()));

  std::vector<Window> capped = noisy_weighing(0.003);
  slowed(capped, 3, 8, 0.1);
  for (Window& window : capped) window.operating_point = OperatingPoint{.throttle_reasons = 4};  // software power cap
  mark_off_speed(capped, made_references(), made_layout());
  EXPECT_FALSE(off_speed_of(capped, made_references()));
}

TEST(OffSpeed, SomeWindowsMayBeHeldDown) {
  std::vector<Window> windows = noisy_weighing(0.003);
  const std::vector<bool> fast = slowed(windows, 5, 8, -0.09);
  int capped = 0;
  for (std::size_t i = 0; i < windows.size(); i += 5) {  // lower clocks cost them 1.5 %
    if (windows[i].target == "idle") continue;
    windows[i].operating_point = OperatingPoint{.throttle_reasons = 4};
    slow_down(windows[i], 0.015);
    ++capped;
  }
  ASSERT_GT(capped, 10);
  mark_off_speed(windows, made_references(), made_layout());
  for (std::size_t i = 0; i < windows.size(); ++i) EXPECT_EQ(windows[i].off_speed.has_value(), fast[i]) << i;
}

TEST(OffSpeed, DoublingThatIsNotHomogeneousStaysSo) {
  std::vector<Window> windows = noisy_weighing(0.001);
  for (Window& window : windows) {
    if (window.target == "doubled") window.time_per_pass_s = 0.93 * *window.time_per_pass_s;  // warm second runs
  }
  slowed(windows, 1, 8, 0.1);
  mark_off_speed(windows, made_references(), made_layout());
  ASSERT_TRUE(off_speed_of(windows, made_references()));
  const WeighedRounds found = estimate_weighing(windows, made_references(), made_layout(), {});
  EXPECT_NEAR(found.weighing.time_homogeneity->ratio, 0.93 * 15 / 16, 0.004) << "a second of a pass is not doubled";
}

TEST(OffSpeed, SingleOutliersAreNoSpeed) {
  std::vector<Window> windows = noisy_weighing(0.002);
  slow_down(windows[3], 0.08);
  slow_down(windows[40], 0.2);
  mark_off_speed(windows, made_references(), made_layout());
  EXPECT_FALSE(off_speed_of(windows, made_references()));
}

/// Six components of four calls, weighed in nine rounds of three pairs with the chain and idling, each window at random
/// at one of two speeds.
class TwoSpeedDevice {
 public:
  explicit TwoSpeedDevice(double slow_share) : slow_share_(slow_share) {
    for (std::size_t call = 0; call < 24; ++call) layout.component_of_call.emplace_back(call % energies_j.size());
  }

  std::vector<Window> weighing(std::uint64_t seed) const {
    testing::NormalNoise noise(seed);
    std::vector<Window> windows;
    double now_s = 1000;
    const auto add = [&](const std::string& target, int round, const Doses& doses) -> Window& {
      const std::vector<double> of = component_doses(layout, doses);
      double energy_j = 0;
      double time_s = 0;
      for (std::size_t i = 0; i < of.size(); ++i) {
        energy_j += energies_j[i] * (1 + of[i]);
        time_s += times_s[i] * (1 + of[i]);
      }
      now_s += 0.4;
      windows.push_back(testing::made_window(target, round, now_s, energy_j * (1 + 0.004 * noise.normal()),
                                             time_s * (1 + 0.002 * noise.normal())));
      if (noise.uniform() < slow_share_) slow_down(windows.back(), 0.095);
      return windows.back();
    };
    for (int round = 0; round < 9; ++round) {
      for (const DosedRow& row : rows_of_round(layout, 0.7, 3, seed, round)) {
        add(row_name(row.pair, row.sign), round, row.doses).doses = doses_text(row.doses);
      }
      add("chain", round, Doses(24 * static_cast<std::size_t>(layout.passes), 0));
      now_s += 0.4;
      windows.push_back(testing::made_window("idle", round, now_s, idle_w, 1));
    }
    return windows;
  }

  WeighingLayout layout = {.components = {"a", "b", "c", "d", "e", "f"}, .component_of_call = {}, .passes = 4};
  const std::vector<double> energies_j = {2, 10, 40, 40, 20, 8};
  const std::vector<double> times_s = {2, 12, 40, 26, 8, 12};

 private:
  double slow_share_;
};

TEST(OffSpeed, IntervalsHoldWhateverTheMixture) {
  constexpr int profiles = 60;
  const std::vector<TargetInfo> references = {{.name = "chain", .role = TargetRole::preserved},
                                              {.name = "idle", .role = TargetRole::idle}};
  for (const double slow_share : {0.1, 0.3, 0.5, 0.85}) {
    const TwoSpeedDevice device(slow_share);
    double held_energies = 0;
    double held_times = 0;
    double counted = 0;
    for (std::uint64_t seed = 1; seed <= profiles; ++seed) {
      std::vector<Window> windows = device.weighing(seed);
      mark_off_speed(windows, references, device.layout);
      const std::optional<OffSpeed> speeds = off_speed_of(windows, references);
      const WeighedRounds found = estimate_weighing(windows, references, device.layout, {});
      const bool slow = !speeds ? slow_share > 0.5 : speeds->step < 0;
      for (std::size_t i = 0; i < device.energies_j.size(); ++i) {
        const double time_s = device.times_s[i] * (slow ? 1.095 : 1);
        const double energy_j = device.energies_j[i] + (slow ? idle_w * 0.095 * device.times_s[i] : 0);
        const Interval& energy = found.marginals_j[i];
        const std::optional<Interval>& time = found.rounds.targets[references.size() + i].time_per_pass_s;
        held_energies += std::abs(energy.mean - energy_j) <= energy.half_width.value_or(0) ? 1 : 0;
        held_times += !time->half_width || std::abs(time->mean - time_s) <= *time->half_width ? 1 : 0;
        ++counted;
      }
    }
    EXPECT_GT(held_energies / counted, 0.9) << slow_share;
    EXPECT_GT(held_times / counted, 0.9) << slow_share;
  }
}

TEST(ReferToMainSpeed, TimeSavedCostsIdlePower) {
  std::vector<Observations> observations = {
      {{.energy_j = 9, .time_s = 8}, {.energy_j = 9.4, .time_s = 8.8, .off_speed = 0.1}},
      {{.energy_j = 0.5, .time_s = 1}}};
  refer_to_main_speed(observations,
                      {{.name = "chain", .role = TargetRole::preserved}, {.name = "idle", .role = TargetRole::idle}});
  EXPECT_EQ(observations[0][0].energy_j, 9);
  EXPECT_NEAR(observations[0][1].energy_j, 9, 1e-12);
  EXPECT_NEAR(observations[0][1].time_s, 8, 1e-12);
}

TEST(ReferToMainSpeed, WithoutIdlePowerEnergiesStayAsTheyWere) {
  std::vector<Observations> observations = {{{.energy_j = 9, .time_s = 8.8, .off_speed = 0.1}}};
  refer_to_main_speed(observations, {{.name = "chain", .role = TargetRole::preserved}});
  EXPECT_EQ(observations[0][0].energy_j, 9);
  EXPECT_EQ(observations[0][0].time_s, 8.8);
}

}  // namespace
}  // namespace clear_native
