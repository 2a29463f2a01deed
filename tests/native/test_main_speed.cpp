#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/rounds/estimate.hpp"
#include "core/rounds/main_speed.hpp"
#include "made_windows.hpp"
#include "normal_noise.hpp"

namespace clear_native {
namespace {

using testing::made_window;

constexpr double idle_w = 50;

const std::vector<TargetInfo> targets = {{.name = "model", .role = TargetRole::preserved},
                                         {.name = "mlp", .role = TargetRole::component},
                                         {.name = "idle", .role = TargetRole::idle}};

/// Ten rounds of a model of 3 J and 10 ms and a part of 1 J and 4 ms; in windows that `slow` says, a tenth more time.
std::vector<Window> windows_with(const std::function<bool(int)>& slow, double noise = 0.002) {
  testing::NormalNoise normal(5);
  std::vector<Window> windows;
  double now_s = 100;
  int number = 0;
  const auto add = [&](const std::string& target, int round, double energy_j, double time_s) {
    const double more = slow(number++) ? 0.1 : 0;
    const double taken_s = time_s * (1 + more) * (1 + noise * normal.normal());
    now_s += 0.5;
    windows.push_back(made_window(target, round, now_s, energy_j + idle_w * more * time_s, taken_s));
  };
  for (int round = 0; round < 10; ++round) {
    add("model", round, 3, 0.01);
    add("mlp", round, 1, 0.004);
    now_s += 0.5;
    windows.push_back(made_window("idle", round, now_s, idle_w, 1));
  }
  return windows;
}

std::ptrdiff_t marked(const std::vector<Window>& windows) {
  return std::count_if(windows.begin(), windows.end(),
                       [](const Window& window) { return window.off_speed.has_value(); });
}

TEST(MainSpeed, OneSpeedIsLeftAlone) {
  std::vector<Window> windows = windows_with([](int) { return false; });
  windows.front().off_speed = 0.3;  // of an earlier judgement
  mark_off_speed(windows, targets);
  EXPECT_EQ(marked(windows), 0);
}

TEST(MainSpeed, TheSlowerOneWhereEnoughWindowsRanAtIt) {
  std::vector<Window> windows = windows_with([](int number) { return number % 5 < 2; });
  mark_off_speed(windows, targets);
  EXPECT_EQ(marked(windows), 12);
  const RoundsEstimate found = estimate_rounds(windows, targets, {});
  EXPECT_NEAR(found.targets[0].time_per_pass_s->mean, 0.011, 5e-5);
  EXPECT_NEAR(found.targets[0].energy_per_pass_j->mean, 3 + idle_w * 0.001, 0.003);
  EXPECT_NEAR(found.targets[1].time_per_pass_s->mean, 0.0044, 2e-5);
  EXPECT_NEAR(found.targets[1].energy_per_pass_j->mean, 1 + idle_w * 0.0004, 0.001);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::vector<std::string>& statuses = found.targets[i].statuses;
    EXPECT_EQ(std::count(statuses.begin(), statuses.end(), "two_speeds"), i < 2 ? 1 : 0) << i;
  }
}

TEST(MainSpeed, TheFasterOneWhereFewWindowsWereSlow) {
  std::vector<Window> windows = windows_with([](int number) { return number % 20 == 1; });  // of the part alone
  mark_off_speed(windows, targets);
  EXPECT_EQ(marked(windows), 1);
  const RoundsEstimate found = estimate_rounds(windows, targets, {});
  EXPECT_NEAR(found.targets[1].time_per_pass_s->mean, 0.004, 2e-5);
  EXPECT_NEAR(found.targets[1].energy_per_pass_j->mean, 1, 0.001);
}

TEST(MainSpeed, NoiseAndThrottlingAreNoSpeeds) {
  std::vector<Window> noisy = windows_with([](int) { return false; }, 0.05);
  mark_off_speed(noisy, targets);
  EXPECT_EQ(marked(noisy), 0);
  std::vector<Window> hot = windows_with([](int number) { return number % 5 < 2; });
  for (std::size_t i = 0; i < hot.size(); i += 4) hot[i].operating_point = OperatingPoint{.throttle_reasons = 0x40};
  mark_off_speed(hot, targets);
  EXPECT_EQ(marked(hot), 0);
}

TEST(MainSpeed, WithoutIdlePowerEnergiesStayAsTheyWere) {
  std::vector<Observations> observations = {{{.energy_j = 9, .time_s = 8.8, .off_speed = 0.1}}};
  refer_to_main_speed(observations, {{.name = "chain", .role = TargetRole::preserved}});
  EXPECT_EQ(observations[0][0].energy_j, 9);
  EXPECT_EQ(observations[0][0].time_s, 8.8);
}

}  // namespace
}  // namespace clear_native
