#pragma once
// The fake libnvidia-ml with a control file of its own, as the environment of one test.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

extern "C" {
#include "fake_nvml/control.h"
}

namespace clear_native::testing {

inline constexpr const char* fake_uuid = "01234567-89ab-cdef-0123-456789abcdef";

class FakeNvml : public ::testing::Test {
 protected:
  FakeNvml() {
    path_ = ::testing::TempDir() + "fake_nvml_XXXXXX";
    const int file = mkstemp(path_.data());
    EXPECT_GE(file, 0);
    EXPECT_EQ(ftruncate(file, sizeof(fake_nvml_control)), 0);
    void* mapped = mmap(nullptr, sizeof(fake_nvml_control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    EXPECT_NE(mapped, MAP_FAILED);
    control = static_cast<fake_nvml_control*>(mapped);
    control->version = FAKE_NVML_VERSION;
    control->device_count = 2;
    control->tick_ns = 100'000'000;
    control->sample_period_us = 20'000;
    control->own_process_count = 1;
    describe(control->devices[0], std::string("GPU-") + fake_uuid);
    describe(control->devices[1], "GPU-ffffffff-89ab-cdef-0123-456789abcdef");
    setenv("CLEAR_FAKE_NVML_CONTROL", path_.c_str(), 1);
    use_library("libnvidia-ml-fake.so");
  }

  ~FakeNvml() override {
    munmap(control, sizeof(fake_nvml_control));
    unlink(path_.c_str());
    unsetenv("CLEAR_FAKE_NVML_CONTROL");
    unsetenv("CLEAR_NVML_LIBRARY");
  }

  static void use_library(const std::string& name) {
    setenv("CLEAR_NVML_LIBRARY", (std::string(CLEAR_FAKE_NVML_DIR) + "/" + name).c_str(), 1);
  }

  static void describe(fake_nvml_device& device, const std::string& uuid) {
    std::strncpy(device.uuid, uuid.c_str(), FAKE_NVML_UUID_SIZE - 1);
    device.base_mj = 5'000'000;
    device.power_mw = 250'000;
    device.sm_clock_mhz = 1980;
    device.memory_clock_mhz = 3201;
    device.temperature_c = 41;
    device.process_count = 1;
  }

  fake_nvml_control* control = nullptr;

 private:
  std::string path_;
};

}  // namespace clear_native::testing
