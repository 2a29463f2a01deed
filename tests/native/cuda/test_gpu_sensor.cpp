#include <algorithm>

#include "core/errors.hpp"
#include "cuda/gpu_bench.hpp"
#include "gpu_fixture.hpp"

namespace clear_native::cuda {
namespace {

class GpuSensorTest : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    subject_ = gpu_subject(0, "auto");
    try {
      meter_ = subject_.open_meter();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }

  SensorSubject subject_;
  std::shared_ptr<EnergyMeter> meter_;
};

TEST_F(GpuSensorTest, AnAlternatingLoadKeepsItsPeriod) {
  GpuLoad load(context_);
  for (const double period_s : {0.7e-3, 0.8e-3, 0.9e-3}) {
    const Alternation ran = load.alternate(period_s, 0.2, {});
    EXPECT_NEAR(ran.period_s, period_s, 0.05 * period_s);
    EXPECT_NEAR(ran.end_s - ran.begin_s, 0.2, 0.05);
  }
}

TEST_F(GpuSensorTest, TheLoadRunsUntilItIsToldToStop) {
  const auto bench = subject_.open_bench(meter_);
  for (int turn = 0; turn < 2; ++turn) {
    const double begin_s = bench->start_load();
    bench->sleep(0.1);
    const double end_s = bench->stop_load();
    EXPECT_GE(end_s - begin_s, 0.1);
    EXPECT_LT(end_s - begin_s, 0.3) << "it ends soon after it is told to";
  }
}

TEST_F(GpuSensorTest, TheSensorIsCharacterized) {
  const SensorResult found = run_sensor(subject_, 8, {});
  ASSERT_TRUE(found.active_idle_w && found.load_w);
  EXPECT_GT(*found.active_idle_w, 5);
  EXPECT_LT(*found.active_idle_w, 0.7 * *found.load_w);
  EXPECT_GT(found.read_median_s.value(), 0);
  EXPECT_FALSE(found.interrupted);
  for (const FieldFacts& field : found.fields) {
    EXPECT_NEAR(field.counter_ratio.value_or(1), 1, 0.1) << field.name;
    EXPECT_LT(field.lag_s.value_or(0), 2) << field.name;
  }
}

}  // namespace
}  // namespace clear_native::cuda
