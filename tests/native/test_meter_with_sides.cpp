#include <gtest/gtest.h>

#include "core/meters/estimate_meter.hpp"
#include "core/meters/meter_with_sides.hpp"
#include "core/windows/clock.hpp"
#include "core/windows/window.hpp"
#include "simulated_bench.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::thrown_by;

/// Fails when told to.
class FailingMeter final : public EnergyMeter {
 public:
  explicit FailingMeter(std::string scope) { traits_.scope = std::move(scope); }
  [[nodiscard]] MeterTraits traits() const override { return traits_; }
  EnergyReading read() override {
    if (fails_with) throw Error(*fails_with, "told to");
    return {.begin_s = 1, .end_s = 2, .energy_j = 3};
  }
  std::optional<ErrorKind> fails_with;

 private:
  MeterTraits traits_;
};

TEST(MeterWithSidesTest, TheDrivingMeterDrivesAndTheOthersAreReadBesideIt) {
  const auto gpu = std::make_shared<FailingMeter>("gpu");
  const auto cpu = std::make_shared<EstimateMeter>(20, "cpu", "Some CPU");
  MeterWithSides meter(gpu, {cpu});
  EXPECT_EQ(meter.traits().scope, "gpu");
  EXPECT_EQ(meter.read().energy_j, 3);
  ASSERT_EQ(meter.side_traits().size(), 1U);
  EXPECT_EQ(meter.side_traits()[0].device, "Some CPU");
  const auto first = meter.side_readings();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].scope, "cpu");
  EXPECT_GE(meter.side_readings()[0].reading.energy_j, first[0].reading.energy_j);
}

TEST(MeterWithSidesTest, TwoOfOneScopeWouldCountTwice) {
  const auto cpu = std::make_shared<FailingMeter>("cpu");
  const auto thrown = thrown_by([&] { MeterWithSides(cpu, {std::make_shared<FailingMeter>("cpu")}); });
  EXPECT_EQ(thrown.kind, ErrorKind::bad_input);
  EXPECT_NE(thrown.message.find("cpu"), std::string::npos) << thrown.message;
}

TEST(MeterWithSidesTest, ASideThatFailsIsAbsentAndALostOneIsTold) {
  const auto cpu = std::make_shared<FailingMeter>("cpu");
  MeterWithSides meter(std::make_shared<FailingMeter>("gpu"), {cpu});
  cpu->fails_with = ErrorKind::sensor_fault;
  EXPECT_TRUE(meter.side_readings().empty());
  cpu->fails_with = ErrorKind::sensor_permission;
  EXPECT_EQ(thrown_by([&] { meter.side_readings(); }).kind, ErrorKind::sensor_permission);
}

TEST(MeterWithSidesTest, IsReadAtBothEndsOfAWindow) {
  testing::SimulatedBench bench;
  const std::shared_ptr<EnergyMeter> gpu(std::shared_ptr<void>(), &bench.device);  // borrowed
  MeterWithSides meter(gpu, {std::make_shared<EstimateMeter>(20, "cpu", "Some CPU", bench.clock)});
  const Window window = measure_window(bench.runner, meter, bench.workload, {.duration_s = 0.5}, {});
  EXPECT_EQ(window.status, "ok");
  ASSERT_EQ(window.sides.size(), 1U);
  const SideEnergy& side = window.sides[0];
  EXPECT_EQ(side.scope, "cpu");
  EXPECT_NEAR(side.begin_s, window.begin_s, 1e-3);
  EXPECT_NEAR(side.end_s, window.end_s, 1e-3);
  EXPECT_NEAR(side.energy_j, 20 * (side.end_s - side.begin_s), 1e-9);
}

TEST(MeterWithSidesTest, ASideThatFailsLeavesTheWindowWhole) {
  testing::SimulatedBench bench;
  const std::shared_ptr<EnergyMeter> gpu(std::shared_ptr<void>(), &bench.device);
  const auto cpu = std::make_shared<FailingMeter>("cpu");
  cpu->fails_with = ErrorKind::sensor_fault;
  MeterWithSides meter(gpu, {cpu});
  const Window window = measure_window(bench.runner, meter, bench.workload, {.duration_s = 0.5}, {});
  EXPECT_EQ(window.status, "ok");
  EXPECT_TRUE(window.sides.empty());
}

}  // namespace
}  // namespace clear_native
