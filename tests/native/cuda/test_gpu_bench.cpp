#include <algorithm>

#include "cuda/gpu_bench.hpp"
#include "cuda_fixture.hpp"
#include "fake_nvml_fixture.hpp"

namespace clear_native::cuda {
namespace {

constexpr const char* uuid = "GPU-a0a1a2a3-a4a5-a6a7-a8a9-aaabacadae00";  // of the fake driver's first device

/// A GPU of both fakes.
class GpuBenchTest : public testing::FakeNvml {
 protected:
  GpuBenchTest() : cuda_(load_fake()) {
    cuda_.reset();
    describe(control->devices[0], uuid);
  }
  ~GpuBenchTest() override { cuda_.reset(); }

  fake_cuda::Control& cuda_;
};

TEST_F(GpuBenchTest, HasWhatNvmlTellsAndAlternates) {
  const SensorSubject gpu = gpu_subject(0, "counter");
  const int contexts = cuda_.live_objects().contexts;
  EXPECT_EQ(gpu.open_at_rest()->traits().device, uuid);
  const auto meter = gpu.open_meter();
  EXPECT_EQ(meter->traits().name, "nvml_counter");
  EXPECT_EQ(cuda_.live_objects().contexts, contexts) << "deep idle is without one";
  const auto bench = gpu.open_bench(meter);
  EXPECT_EQ(cuda_.live_objects().contexts, contexts + 1);
  EXPECT_EQ(bench->field_names(), (std::vector<std::string>{"instant", "usage"}));
  EXPECT_EQ(bench->field_power_w("usage"), 250.0);
  const double begin_s = bench->start_load();
  bench->sleep(0.005);
  EXPECT_GE(bench->stop_load(), begin_s + 0.005);
  EXPECT_TRUE(bench->alternate(1e-3, 0.01, {}).has_value());
}

TEST_F(GpuBenchTest, ALoadThatFailsIsNotTakenForIdling) {
  const SensorSubject gpu = gpu_subject(0, "counter");
  const auto bench = gpu.open_bench(gpu.open_meter());
  bench->start_load();
  cuda_.fail("cuGraphLaunch", CUDA_ERROR_OUT_OF_MEMORY);
  bench->sleep(0.02);
  expect_error(ErrorKind::workload_failed, {"ended early", "launching"}, [&] { bench->stop_load(); });
}

TEST_F(GpuBenchTest, IsCharacterized) {
  control->devices[0].process_count = 0;
  std::vector<SensorStage> stages;
  const SensorResult found =
      run_sensor(gpu_subject(0, "auto"), 4,
                 {.interrupted = {}, .progress = [&](const SensorProgress& now) { stages.push_back(now.stage); }});
  EXPECT_EQ(found.meter.device, uuid);
  EXPECT_NEAR(found.period_s.value(), 0.1, 0.01);
  EXPECT_NEAR(found.deep_idle_w.value(), 250, 25);
  EXPECT_NEAR(found.active_idle_w.value(), 250, 25) << "the fake's power knows of no load";
  EXPECT_NEAR(found.load_w.value(), 250, 25);
  EXPECT_EQ(found.fields.size(), 4U);
  EXPECT_TRUE(std::is_sorted(stages.begin(), stages.end()));
}

TEST_F(GpuBenchTest, NoSuchDevice) {
  expect_error(ErrorKind::bad_input, {"no CUDA device 99"}, [] { gpu_subject(99, "auto"); });
}

}  // namespace
}  // namespace clear_native::cuda
