#include <gtest/gtest.h>

#include "core/rounds/target_status.hpp"
#include "made_windows.hpp"

namespace clear_native {
namespace {

using testing::made_window;

std::vector<Window> windows_with(const std::vector<std::uint64_t>& reasons) {
  std::vector<Window> windows;
  for (const std::uint64_t reason : reasons) {
    windows.push_back(made_window("a", static_cast<int>(windows.size()), 1, 5, 0.1));
    windows.back().operating_point = OperatingPoint{.throttle_reasons = reason};
  }
  return windows;
}

using Names = std::vector<std::string>;

TEST(OperatingStatuses, NothingSeenIsNothingSaid) {
  EXPECT_EQ(operating_statuses(windows_with({0, 0x1}), "a"), Names{});
  EXPECT_EQ(operating_statuses({made_window("a", 0, 1, 5, 0.1)}, "a"), Names{}) << "a device that does not tell";
}

TEST(OperatingStatuses, ReasonsCountInMostWindowsOnly) {
  EXPECT_EQ(operating_statuses(windows_with({0x4, 0x4, 0}), "a"), Names{"power_capped"});
  EXPECT_EQ(operating_statuses(windows_with({0x4, 0, 0}), "a"), Names{});
  EXPECT_EQ(operating_statuses(windows_with({0x4, 0x4, 0}), "b"), Names{}) << "of another target";
}

TEST(OperatingStatuses, ReadsNvmlsBits) {
  EXPECT_EQ(operating_statuses(windows_with({0x80}), "a"), Names{"power_capped"});
  EXPECT_EQ(operating_statuses(windows_with({0x88}), "a"), Names{"power_capped"}) << "a brake sets the slowdown bit";
  EXPECT_EQ(operating_statuses(windows_with({0x20}), "a"), Names{"throttled"});
  EXPECT_EQ(operating_statuses(windows_with({0x48}), "a"), Names{"throttled"});
  EXPECT_EQ(operating_statuses(windows_with({0x8}), "a"), Names{"throttled"});
  EXPECT_EQ(operating_statuses(windows_with({0x24}), "a"), (Names{"power_capped", "throttled"}));
}

TEST(OperatingStatuses, OneWindowWithOthersIsContention) {
  std::vector<Window> windows = windows_with({0, 0, 0});
  windows[1].other_processes = 1;
  EXPECT_EQ(operating_statuses(windows, "a"), Names{"contended"});
  windows[1].other_processes = 0;
  EXPECT_EQ(operating_statuses(windows, "a"), Names{});
}

TEST(OperatingStatuses, MostWindowsUnsteady) {
  std::vector<Window> windows = windows_with({0, 0, 0});
  windows[0].status = "unsteady";
  EXPECT_EQ(operating_statuses(windows, "a"), Names{});
  windows[2].status = "unsteady";
  EXPECT_EQ(operating_statuses(windows, "a"), Names{"unsteady"});
}

TEST(Clocks, AreComparedWithTheModels) {
  EXPECT_FALSE(clocks_apart(1980.0, 1950.0));
  EXPECT_TRUE(clocks_apart(1335.0, 1785.0));
  EXPECT_TRUE(clocks_apart(1980.0, 1785.0));
  EXPECT_FALSE(clocks_apart(std::nullopt, 1785.0));
  EXPECT_FALSE(clocks_apart(1785.0, std::nullopt));
}

TEST(Clocks, AreAveragedOverTheWindowsThatTell) {
  std::vector<Window> windows = windows_with({0, 0, 0});
  windows[0].operating_point->sm_clock_mhz = 1900;
  windows[2].operating_point->sm_clock_mhz = 1800;
  EXPECT_DOUBLE_EQ(*mean_sm_clock_mhz(windows, "a"), 1850);
  EXPECT_FALSE(mean_sm_clock_mhz(windows, "b"));
}

TEST(Sensors, TheirRatioIsAveragedOverWindowsThatHaveBoth) {
  std::vector<Window> windows;
  for (const double ratio : {1.01, 0.99, 1.03}) {
    windows.push_back(made_window("a", 0, 1, 5, 0.1));
    testing::add_readings(windows.back(), 100, ratio);
  }
  windows.push_back(made_window("a", 0, 1, 5, 0.1));
  const auto ratio = counter_over_samples(windows, "a");
  ASSERT_TRUE(ratio);
  EXPECT_NEAR(ratio->mean, 1.01, 1e-9);
  EXPECT_EQ(ratio->rounds, 3);
  EXPECT_FALSE(counter_over_samples(windows, "b"));
}

TEST(Sensors, AreComparedOverTheStretchBetweenTheTicks) {
  Window window = made_window("a", 0, 1, 5, 0.1);
  testing::add_readings(window, 100, 1.02);
  for (PowerSample& sample : window.power_samples) {
    const bool outside = sample.time_s < window.begin_s + 0.045 || sample.time_s > window.begin_s + 0.175;
    if (outside) sample.power_w = 900;
  }
  EXPECT_NEAR(counter_over_samples({window}, "a")->mean, 1.02, 1e-9);
}

TEST(Sensors, DisagreeByMoreThanAPercentAndMoreThanTheirScatter) {
  EXPECT_TRUE(sensors_disagree({.mean = 1.03, .half_width = 0.01, .rounds = 8}));
  EXPECT_TRUE(sensors_disagree({.mean = 0.97, .half_width = 0.01, .rounds = 8}));
  EXPECT_FALSE(sensors_disagree({.mean = 1.03, .half_width = 0.04, .rounds = 8}));
  EXPECT_FALSE(sensors_disagree({.mean = 1.005, .half_width = 0.001, .rounds = 8}));
  EXPECT_FALSE(sensors_disagree({.mean = 1.5, .half_width = std::nullopt, .rounds = 1}));
}

}  // namespace
}  // namespace clear_native
