#include <gtest/gtest.h>

#include <memory>

#include "core/meters/scripted_meter.hpp"
#include "core/sensor/deep_idle.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

class VirtualClock final : public Clock {
 public:
  [[nodiscard]] double now_s() const override { return now; }
  double now = 50;
};

class OthersThere final : public EnergyMeter {
 public:
  explicit OthersThere(EnergyMeter& meter) : meter_(meter) {}
  [[nodiscard]] MeterTraits traits() const override { return meter_.traits(); }
  EnergyReading read() override { return meter_.read(); }
  std::optional<int> other_processes() override { return 2; }

 private:
  EnergyMeter& meter_;
};

class DeepIdleTest : public ::testing::Test {
 protected:
  ScriptedMeter& meter_of(double power_w, ScriptedFaults faults = {}) {
    meter_ = std::make_unique<ScriptedMeter>(Script{.power_w = {{0, power_w}}, .faults = faults}, clock_, sleep_);
    return *meter_;
  }
  DeepIdle found(EnergyMeter& meter, double duration_s, const BenchWatch& watch = {}) {
    return deep_idle(meter, duration_s, *clock_, watch, sleep_);
  }

  std::shared_ptr<VirtualClock> clock_ = std::make_shared<VirtualClock>();
  std::function<void(double)> sleep_ = [this](double seconds) { clock_->now += seconds; };
  std::unique_ptr<ScriptedMeter> meter_;
};

TEST_F(DeepIdleTest, IsTheMeanPowerBetweenTwoChanges) {
  const DeepIdle resting = found(meter_of(88), 0.43);
  EXPECT_NEAR(resting.power_w.value(), 88, 0.5) << "whole periods, though the time is none";
  EXPECT_TRUE(resting.notes.empty());
  EXPECT_LT(clock_->now, 50.8);
}

TEST_F(DeepIdleTest, OthersAreTold) {
  OthersThere meter(meter_of(88));
  const DeepIdle resting = found(meter, 0.3);
  EXPECT_TRUE(resting.power_w.has_value());
  ASSERT_EQ(resting.notes.size(), 1U);
  EXPECT_EQ(resting.notes[0], "2 other processes had a context on the GPU while deep idle was measured.");
}

TEST_F(DeepIdleTest, AReadingThatStandsStillIsNoPower) {
  const DeepIdle resting = found(meter_of(88, {.stalls_at_s = 0.0}), 0.3);
  EXPECT_FALSE(resting.power_w.has_value());
  ASSERT_EQ(resting.notes.size(), 1U);
  EXPECT_NE(resting.notes[0].find("stood still"), std::string::npos);
}

TEST_F(DeepIdleTest, IsInterruptedWithin100Milliseconds) {
  double asked_s = clock_->now;
  double longest_s = 0;
  const BenchWatch watch{.interrupted =
                             [&] {
                               longest_s = std::max(longest_s, clock_->now - asked_s);
                               asked_s = clock_->now;
                               return clock_->now > 50.5;
                             },
                         .between = {}};
  EXPECT_EQ(testing::thrown_by([&] { found(meter_of(88), 5, watch); }).kind, ErrorKind::interrupted);
  EXPECT_LT(clock_->now, 50.7);
  EXPECT_LT(longest_s, 0.15);
}

}  // namespace
}  // namespace clear_native
