#include <gtest/gtest.h>

#include "core/meters/nvml_library.hpp"
#include "fake_nvml_fixture.hpp"

namespace clear_native {
namespace {

using testing::FakeNvml;

class NvmlLibraryTest : public FakeNvml {};

/// Kind and words of what loading throws.
std::pair<ErrorKind, std::string> thrown_by_load() {
  try {
    NvmlLibrary::load();
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  return {ErrorKind::interrupted, "nothing was thrown"};
}

TEST_F(NvmlLibraryTest, LoadsFromTheEnvironmentVariableAndInitialises) {
  const auto library = NvmlLibrary::load();
  EXPECT_EQ(control->calls[FAKE_NVML_INIT], 1U);
  EXPECT_NE(library->samples, nullptr);
  EXPECT_NE(library->clocks_event_reasons, nullptr);
}

TEST_F(NvmlLibraryTest, ShutsDownWhatItInitialised) {
  NvmlLibrary::load().reset();
  EXPECT_EQ(control->calls[FAKE_NVML_SHUTDOWN], 1U);
}

TEST_F(NvmlLibraryTest, AMissingLibraryIsNoDriver) {
  setenv("CLEAR_NVML_LIBRARY", "/nowhere/libnvidia-ml.so.1", 1);
  const auto [kind, message] = thrown_by_load();
  EXPECT_EQ(kind, ErrorKind::no_driver);
  EXPECT_NE(message.find("/nowhere/libnvidia-ml.so.1"), std::string::npos) << message;
  EXPECT_NE(message.find("estimate"), std::string::npos) << "says what to do: " << message;
}

TEST_F(NvmlLibraryTest, AMissingRequiredFunctionIsNamed) {
  setenv("CLEAR_NVML_LIBRARY", "libc.so.6", 1);  // a library, but not NVIDIA's
  const auto [kind, message] = thrown_by_load();
  EXPECT_EQ(kind, ErrorKind::no_driver);
  EXPECT_NE(message.find("nvmlInit_v2"), std::string::npos) << message;
  EXPECT_EQ(control->calls[FAKE_NVML_INIT], 0U);
}

TEST_F(NvmlLibraryTest, ADriverWithoutTheCounterIsLoaded) {
  use_library("libnvidia-ml-fake-no-energy.so");
  const auto library = NvmlLibrary::load();
  EXPECT_EQ(library->total_energy_mj, nullptr);
  EXPECT_NE(library->samples, nullptr);
}

TEST_F(NvmlLibraryTest, MissingOptionalFunctionsAreAbsent) {
  use_library("libnvidia-ml-fake-old.so");
  const auto library = NvmlLibrary::load();
  EXPECT_EQ(library->samples, nullptr);
  EXPECT_EQ(library->compute_processes, nullptr);
  EXPECT_EQ(library->mig_mode, nullptr);
  EXPECT_NE(library->total_energy_mj, nullptr);
}

TEST_F(NvmlLibraryTest, AFailingInitialisationIsToldInNvmlsWords) {
  control->fail[FAKE_NVML_INIT] = 9;
  const auto [kind, message] = thrown_by_load();
  EXPECT_EQ(kind, ErrorKind::no_driver);
  EXPECT_NE(message.find("Driver Not Loaded, NVML error 9"), std::string::npos) << message;
  EXPECT_EQ(control->calls[FAKE_NVML_SHUTDOWN], 0U) << "what was not initialised is not shut down";
}

TEST_F(NvmlLibraryTest, EveryResultHasItsKind) {
  const auto library = NvmlLibrary::load();
  const auto kind_of = [&](nvml::Return result) {
    try {
      library->check(result, "testing");
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("while testing"), std::string::npos);
      return error.kind();
    }
    return ErrorKind::interrupted;  // stands for: nothing was thrown
  };
  EXPECT_EQ(kind_of(0), ErrorKind::interrupted);
  EXPECT_EQ(kind_of(3), ErrorKind::sensor_unsupported);
  EXPECT_EQ(kind_of(4), ErrorKind::sensor_permission);
  EXPECT_EQ(kind_of(6), ErrorKind::sensor_unsupported);
  EXPECT_EQ(kind_of(9), ErrorKind::no_driver);
  EXPECT_EQ(kind_of(12), ErrorKind::no_driver);
  EXPECT_EQ(kind_of(15), ErrorKind::device_lost);
  EXPECT_EQ(kind_of(16), ErrorKind::device_lost);
  EXPECT_EQ(kind_of(18), ErrorKind::no_driver);
  EXPECT_EQ(kind_of(999), ErrorKind::sensor_fault);
}

}  // namespace
}  // namespace clear_native
