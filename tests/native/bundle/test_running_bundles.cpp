// What decides whether a bundle is run, and whether it ran right.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "bundle/compatibility.hpp"
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
