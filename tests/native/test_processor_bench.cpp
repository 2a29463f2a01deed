#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "core/meters/estimate_meter.hpp"
#include "core/meters/scripted_meter.hpp"
#include "core/sensor/processor_bench.hpp"

namespace clear_native {
namespace {

constexpr std::size_t side = MatrixProduct::side;

TEST(MatrixProductTest, IsOne) {
  MatrixProduct product(3);
  for (int turn = 0; turn < 2; ++turn) {
    product.run();
    for (const std::size_t place : {std::size_t{0}, side + 1, side * side / 2 + 7, side * side - 1}) {
      double expected = 0;
      for (std::size_t i = 0; i < side; ++i) {
        expected +=
            static_cast<double>(product.left()[place / side * side + i]) * product.right()[i * side + place % side];
      }
      EXPECT_NEAR(product.product()[place], expected, 1e-4);
    }
  }
  const auto [low, high] = std::minmax_element(product.left().begin(), product.left().end());
  EXPECT_LT(*low, -0.4F);
  EXPECT_GT(*high, 0.4F) << "data toggle bits";
}

TEST(ProcessorBenchTest, HasNeitherFieldsNorSamplesAndDoesNotAlternate) {
  ProcessorBench bench(std::make_shared<EstimateMeter>(50, "cpu", ""), 2);
  EXPECT_TRUE(bench.field_names().empty());
  EXPECT_FALSE(bench.field_power_w("instant").has_value());
  EXPECT_TRUE(bench.samples().empty());
  EXPECT_FALSE(bench.alternate(1e-3, 0.1, {}).has_value());
  const double begin_s = bench.start_load();
  bench.sleep(0.01);
  EXPECT_GE(bench.stop_load() - begin_s, 0.01);
  const EnergyReading reading = bench.read();
  EXPECT_LE(reading.begin_s, bench.now_s());
}

TEST(ProcessorBenchTest, IsCharacterized) {
  const SteadyClock clock;
  std::vector<SensorStage> stages;
  const SensorSubject subject = processor_subject([&] {
    return std::make_shared<ScriptedMeter>(
        Script{.power_w = {{clock.now_s() - 1, 50.0}}, .period_s = 0.01, .quantum_j = 1e-4, .scope = "cpu"});
  });
  const SensorResult found = run_sensor(subject, 4, {.interrupted = {}, .progress = [&](const SensorProgress& now) {
                                                       stages.push_back(now.stage);
                                                       EXPECT_GE(now.elapsed_s, 0);
                                                     }});
  EXPECT_EQ(found.meter.scope, "cpu");
  EXPECT_NEAR(found.active_idle_w.value(), 50, 5);
  EXPECT_NEAR(found.load_w.value(), 50, 5);
  EXPECT_FALSE(found.deep_idle_w.has_value());
  EXPECT_TRUE(found.notes.empty());
  EXPECT_EQ(stages.front(), SensorStage::deep_idle);
  EXPECT_TRUE(std::is_sorted(stages.begin(), stages.end()));
}

}  // namespace
}  // namespace clear_native
