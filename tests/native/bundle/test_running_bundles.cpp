// What decides whether a bundle is run, and whether it ran right.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "bundle/compatibility.hpp"
#include "bundle/compiled_model.hpp"
#include "bundle/output_check.hpp"
#include "bundle/plan_engine.hpp"
#include "bundle/plug_in.hpp"
#include "made_bundle.hpp"
#include "refused.hpp"

namespace clear_native::testing {
namespace {

using namespace clear_native::bundle;  // NOLINT(google-build-using-namespace): its many small types

Bundle opened(const MadeBundle& made, const TemporaryFolder& folder) {
  made.write(folder.path());
  return Bundle::open(folder.path());
}

TEST(Compatibility, TakesBuildsOfTheSameTorch) {
  const TemporaryFolder folder;
  EXPECT_NO_THROW(
      check_compatible(opened({}, folder), {.torch = "2.13.0+cpu", .device_type = "cpu", .compute_capability = {}}));
}

TEST(Compatibility, RefusesAnotherTorchDeviceOrCapability) {
  const TemporaryFolder folder;
  MadeBundle made;
  const auto bundle = opened(made, folder);
  expect_refused([&] { check_compatible(bundle, {.torch = "2.11.0", .device_type = "cpu", .compute_capability = {}}); },
                 {"manifest.json: torch", "'2.13.0'", "2.11.0", "export the model again", "install torch 2.13.0"});
  expect_refused(
      [&] { check_compatible(bundle, {.torch = "2.13.0", .device_type = "cuda", .compute_capability = "9.0"}); },
      {"device.type", "'cpu'", "move model and inputs to cuda"});
  made.manifest["device"] = {{"type", "cuda"}, {"name", "a GPU"}, {"compute_capability", "8.0"}};
  const auto other = opened(made, folder);
  expect_refused(
      [&] { check_compatible(other, {.torch = "2.13.0", .device_type = "cuda", .compute_capability = "9.0"}); },
      {"compute_capability", "'8.0'", "'9.0'", "Export again on this GPU"});
}

TEST(OutputCheck, TellsTheFirstDifference) {
  const std::vector<float> wanted{0, 1, 2, 3, 4, 5};
  const TensorView expected{DType::float32, {2, 3}, std::as_bytes(std::span(wanted))};
  HostTensor seen{DType::float32, {2, 3}, {expected.bytes.begin(), expected.bytes.end()}};
  EXPECT_FALSE(first_difference(seen, expected));
  const float other = 4.5F;
  std::memcpy(seen.bytes.data() + 16, &other, sizeof other);
  EXPECT_EQ(first_difference(seen, expected), "at [1, 1]: 4.5, expected 4; 1 of 6 elements differ");
  seen.shape = {3, 2};
  EXPECT_EQ(first_difference(seen, expected), "float32 of shape [3, 2], expected float32 of shape [2, 3]");
}

TEST(OutputCheck, ComparesBits) {
  const std::vector<float> zero{0.0F};
  const std::vector<float> minus_zero{-0.0F};
  const std::vector<float> not_a_number{std::nanf("")};
  const auto view = [](const std::vector<float>& of) {
    return TensorView{DType::float32, {1}, std::as_bytes(std::span(of))};
  };
  const auto host = [&](const std::vector<float>& of) {
    return HostTensor{DType::float32, {1}, {view(of).bytes.begin(), view(of).bytes.end()}};
  };
  EXPECT_TRUE(first_difference(host(minus_zero), view(zero)));
  EXPECT_FALSE(first_difference(host(not_a_number), view(not_a_number)));
}

TEST(OutputCheck, AllowsATolerance) {
  const auto differs = [](DType dtype, auto one, auto other, Tolerance tolerance) {
    const auto bytes = [](const auto& of) { return std::as_bytes(std::span(&of, 1)); };
    const HostTensor seen{dtype, {1}, {bytes(one).begin(), bytes(one).end()}};
    return first_beyond(seen, TensorView{dtype, {1}, bytes(other)}, tolerance).has_value();
  };
  EXPECT_FALSE(differs(DType::float32, 10.05F, 10.0F, {.rtol = 0.01, .atol = 0}));
  EXPECT_TRUE(differs(DType::float32, 10.05F, 10.0F, {.rtol = 0.001, .atol = 0.01}));
  EXPECT_FALSE(differs(DType::float64, 0.001, 0.0, {.rtol = 0, .atol = 0.001}));
  EXPECT_TRUE(differs(DType::float32, std::nanf(""), 1.0F, {.rtol = 1, .atol = 1}));
  EXPECT_FALSE(differs(DType::float32, std::nanf("1"), std::nanf("2"), {.rtol = 0, .atol = 0}));
  EXPECT_FALSE(differs(DType::float32, -0.0F, 0.0F, {.rtol = 0, .atol = 0}));
  using Half = std::uint16_t;  // 1.5, 1.5 and a unit in the last place, infinity, the smallest, twice that
  EXPECT_FALSE(differs(DType::float16, Half{0x3e00}, Half{0x3e01}, {.rtol = 1e-3, .atol = 0}));
  EXPECT_TRUE(differs(DType::float16, Half{0x3e00}, Half{0x3e01}, {.rtol = 1e-4, .atol = 0}));
  EXPECT_TRUE(differs(DType::float16, Half{0x7bff}, Half{0x7c00}, {.rtol = 0.1, .atol = 0.1}));
  EXPECT_TRUE(differs(DType::float16, Half{1}, Half{2}, {.rtol = 0.4, .atol = 0}));
  EXPECT_FALSE(differs(DType::float16, Half{1}, Half{2}, {.rtol = 0.5, .atol = 0}));
  EXPECT_TRUE(differs(DType::int64, std::int64_t{1}, std::int64_t{2}, {.rtol = 9, .atol = 9}));
}

/// Gives what it is told to.
class FakeCompiled final : public CompiledModel {
 public:
  [[nodiscard]] RunnerDevice device() const override { return {.type = "cpu"}; }
  void run() override { ++runs; }
  void synchronize() override {}
  [[nodiscard]] std::vector<HostTensor> outputs() const override {
    const std::vector<float> given{15.0F, 35.0F + off_by};
    const auto bytes = std::as_bytes(std::span(given));
    return {{DType::float32, {2}, {bytes.begin(), bytes.end()}}};
  }

  float off_by = 0;
  int runs = 0;
};

TEST(CompiledEngine, MeasuresTheWholeAndVerifiesWithinTolerance) {
  const TemporaryFolder folder;
  MadeBundle made;
  made.manifest["tolerance"] = {{"rtol", 0.01}, {"atol", 0.01}};
  auto model = std::make_unique<FakeCompiled>();
  FakeCompiled& fake = *model;
  const auto engine = make_compiled_engine(std::make_unique<Bundle>(opened(made, folder)), std::move(model));
  EXPECT_STREQ(name_of(engine->execution()), "compiled");
  fake.off_by = 0.2F;
  EXPECT_TRUE(engine->verify().empty());
  fake.off_by = 0.5F;
  ASSERT_EQ(engine->verify().size(), 1U);
  EXPECT_EQ(engine->verify()[0].difference, "at [1]: 35.5, expected 35; 1 of 2 elements differ");
  const auto plain = engine->plain();
  const int before = fake.runs;
  plain.workload->launch();
  EXPECT_EQ(fake.runs - before, plain.passes_per_launch);
  EXPECT_EQ(plain.workload->odometer().passes, plain.passes_per_launch);
  expect_refused([&] { engine->in_situ(true); }, {"no components", "fused"});
  expect_refused([&] { check_compiled(engine->bundle()); }, {"compiled.pt2 is not there", "compiled=True"});
}

TEST(PlugIn, SaysHowToGetItWhereItIsMissing) {
  expect_refused([] { load_plug_in({"/nowhere/clear_torch_runner.so"}); },
                 {"plug-in with torch", "/nowhere/clear_torch_runner.so", "pip install", "CLEAR_TORCH_RUNNER"});
}

TEST(PlugIn, SaysWhyItCannotBeLoaded) {
  const TemporaryFolder folder;
  write_file(folder.path() / "clear_torch_runner.so", "no library");
  expect_refused([&] { load_plug_in({folder.path() / "clear_torch_runner.so"}); },
                 {"cannot be loaded", "torch has changed"});
  expect_refused([] { load_plug_in({CLEAR_OTHER_LIBRARY}); }, {"another library"});
}

TEST(PlugIn, IsLookedForWhereTheEnvironmentSays) {
  const char* before = std::getenv("CLEAR_TORCH_RUNNER");
  const std::string kept = before != nullptr ? before : "";
  setenv("CLEAR_TORCH_RUNNER", "/some/where.so", 1);
  EXPECT_EQ(plug_in_places(), (std::vector<std::filesystem::path>{"/some/where.so"}));
  unsetenv("CLEAR_TORCH_RUNNER");
  ASSERT_FALSE(plug_in_places().empty());
  EXPECT_EQ(plug_in_places().front().filename(), "clear_torch_runner.so");
  EXPECT_TRUE(std::filesystem::exists(plug_in_places().front().parent_path()));
  if (before != nullptr) setenv("CLEAR_TORCH_RUNNER", kept.c_str(), 1);
}

}  // namespace
}  // namespace clear_native::testing
