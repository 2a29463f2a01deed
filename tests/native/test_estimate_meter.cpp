#include <gtest/gtest.h>

#include <limits>

#include "core/errors.hpp"
#include "core/meters/estimate_meter.hpp"
#include "virtual_runner.hpp"

namespace clear_native {
namespace {

TEST(EstimateMeter, IsTimeTimesTheStatedPower) {
  const auto clock = std::make_shared<testing::VirtualClock>();
  EstimateMeter meter(65, "cpu", "a CPU", clock);
  EXPECT_DOUBLE_EQ(meter.read().energy_j, 0);
  clock->advance_to(clock->now_s() + 2);
  EXPECT_DOUBLE_EQ(meter.read().energy_j, 130);
}

TEST(EstimateMeter, SaysThatItIsAnEstimate) {
  const MeterTraits traits = EstimateMeter(65, "cpu", "a CPU").traits();
  EXPECT_TRUE(traits.estimated);
  EXPECT_EQ(traits.name, "estimate");
  EXPECT_EQ(traits.scope, "cpu");
  EXPECT_EQ(traits.device, "a CPU");
  EXPECT_EQ(traits.stated_power_w, 65);
  EXPECT_EQ(traits.period_s, 0);
  EXPECT_FALSE(traits.has_power_samples);
}

TEST(EstimateMeter, RefusesPowersThatCannotBe) {
  for (const double power_w :
       {0.0, -5.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    try {
      const EstimateMeter meter(power_w, "cpu", "");
      FAIL() << power_w;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    }
  }
}

}  // namespace
}  // namespace clear_native
