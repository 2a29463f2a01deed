#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>

#include "core/meters/rapl_meter.hpp"
#include "fake_rapl.hpp"
#include "thrown.hpp"

namespace clear_native {
namespace {

using testing::thrown_by;

constexpr std::uint64_t range_uj = 65'532'610'987;

class RaplMeterTest : public testing::FakeRapl {
 protected:
  struct VirtualClock final : Clock {
    [[nodiscard]] double now_s() const override { return time_s; }
    double time_s = 100;
  };

  [[nodiscard]] RaplOptions options() const {
    return {.root = root.string(), .clock = clock, .watch = false, .open = nullptr};
  }

  std::shared_ptr<VirtualClock> clock = std::make_shared<VirtualClock>();
};

TEST_F(RaplMeterTest, AddsPackagesAndMemory) {
  two_sockets();
  RaplMeter meter("Some CPU", options());
  EXPECT_EQ(meter.read().energy_j, 0) << "since it was opened";
  set("intel-rapl:0", 1'000'000 + 3'000'000);
  set("intel-rapl:1:0", 60'000 + 500'000);
  set("intel-rapl:2", 999'000'000);
  const EnergyReading reading = meter.read();
  EXPECT_DOUBLE_EQ(reading.energy_j, 3.5);
  EXPECT_LE(reading.begin_s, reading.end_s);
}

TEST_F(RaplMeterTest, ItsTraits) {
  two_sockets();
  const MeterTraits traits = RaplMeter("Some CPU", options()).traits();
  EXPECT_EQ(traits.name, "rapl");
  EXPECT_EQ(traits.scope, "cpu");
  EXPECT_EQ(traits.device, "Some CPU");
  EXPECT_EQ(traits.domains, (std::vector<std::string>{"package-0", "package-0/dram", "package-1", "package-1/dram"}));
  EXPECT_FALSE(traits.estimated || traits.has_power_samples || traits.integrates_power);
  EXPECT_NEAR(traits.quantum_j, 15.3e-6, 0.01e-6) << "the range over 32 bits";
  EXPECT_NE(traits.note.find("other processes"), std::string::npos);
}

TEST_F(RaplMeterTest, ARegisterThatStartsAgainGoesOn) {
  zone("intel-rapl:0", "package-0", range_uj - 2'000'000);
  RaplMeter meter("", options());
  set("intel-rapl:0", 1'000'000);
  EXPECT_DOUBLE_EQ(meter.read().energy_j, 3);
  set("intel-rapl:0", 1'500'000);
  EXPECT_DOUBLE_EQ(meter.read().energy_j, 3.5);
}

TEST_F(RaplMeterTest, ARegisterThatWentBackIsAFaultOnce) {
  zone("intel-rapl:0", "package-0", 30'000'000'000);
  RaplMeter meter("", options());
  set("intel-rapl:0", 1'000'000);
  const auto thrown = thrown_by([&] { meter.read(); });
  EXPECT_EQ(thrown.kind, ErrorKind::sensor_fault);
  EXPECT_NE(thrown.message.find("intel-rapl:0/energy_uj"), std::string::npos) << thrown.message;
  set("intel-rapl:0", 3'000'000);
  EXPECT_DOUBLE_EQ(meter.read().energy_j, 2);
}

TEST_F(RaplMeterTest, UnreadForLongerThanItTakesToStartAgainTwiceIsAFault) {
  zone("intel-rapl:0", "package-0", 1'000'000);
  RaplMeter meter("", options());
  clock->time_s += 60;
  EXPECT_NO_THROW(meter.read());
  clock->time_s += 70;  // 65.5 kJ at 1 kW
  EXPECT_EQ(thrown_by([&] { meter.read(); }).kind, ErrorKind::sensor_fault);
  EXPECT_NO_THROW(meter.read());
}

TEST_F(RaplMeterTest, A64BitCounterMayGoLongUnread) {
  put(root / "hwmon" / "hwmon0" / "name", "amd_energy");
  put(root / "hwmon" / "hwmon0" / "energy1_label", "Esocket0");
  put(root / "hwmon" / "hwmon0" / "energy1_input", "18446744073709551000");
  RaplMeter meter("", options());
  clock->time_s += 1800;
  put(root / "hwmon" / "hwmon0" / "energy1_input", "384");
  EXPECT_DOUBLE_EQ(meter.read().energy_j, 1000e-6) << "and it starts again too";
}

TEST_F(RaplMeterTest, WithoutPermissionTheFileAndTheFixAreNamed) {
  two_sockets();
  RaplOptions forbidden = options();
  forbidden.open = [](const std::string&) {
    errno = EACCES;
    return -1;
  };
  const auto thrown = thrown_by([&] { RaplMeter("", forbidden); });
  EXPECT_EQ(thrown.kind, ErrorKind::sensor_permission);
  for (const std::string& word : {(root / "powercap/intel-rapl:0/energy_uj").string(), std::string("chmod a+r"),
                                  std::string("udev"), std::string("chgrp")}) {
    EXPECT_NE(thrown.message.find(word), std::string::npos) << thrown.message;
  }
}

TEST_F(RaplMeterTest, WithoutPermissionOfTheKernelItself) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  zone("intel-rapl:0", "package-0", 1);
  std::filesystem::permissions(root / "powercap/intel-rapl:0/energy_uj", std::filesystem::perms::none);
  EXPECT_EQ(thrown_by([&] { RaplMeter("", options()); }).kind, ErrorKind::sensor_permission);
}

TEST_F(RaplMeterTest, AProcessorWithoutCountersIsUnsupported) {
  const auto thrown = thrown_by([&] { RaplMeter("", options()); });
  EXPECT_EQ(thrown.kind, ErrorKind::sensor_unsupported);
  EXPECT_NE(thrown.message.find("/powercap/intel-rapl"), std::string::npos) << thrown.message;
}

TEST_F(RaplMeterTest, AFileThatCannotBeOpenedOtherwiseIsUnsupported) {
  two_sockets();
  RaplOptions gone = options();
  gone.open = [](const std::string&) {
    errno = ENOENT;
    return -1;
  };
  EXPECT_EQ(thrown_by([&] { RaplMeter("", gone); }).kind, ErrorKind::sensor_unsupported);
}

TEST_F(RaplMeterTest, WhatIsNoNumberIsAFaultNotZero) {
  zone("intel-rapl:0", "package-0", 1'000'000);
  RaplMeter meter("", options());
  for (const char* text : {"", "error"}) {
    put(root / "powercap/intel-rapl:0/energy_uj", text);
    EXPECT_EQ(thrown_by([&] { meter.read(); }).kind, ErrorKind::sensor_fault) << text;
  }
}

TEST_F(RaplMeterTest, ItsThreadSeesEveryStartAgain) {
  constexpr std::uint64_t small_uj = 800'000'000;  // at 1 kW 0.8 s
  zone("intel-rapl:0", "package-0", 0, small_uj);
  RaplOptions watched = options();
  watched.clock = nullptr;
  watched.watch = true;
  RaplMeter meter("", watched);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  set("intel-rapl:0", 700'000'000);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  set("intel-rapl:0", 200'000'000);  // started again, and is past where it was: who reads only now cannot tell
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_DOUBLE_EQ(meter.read().energy_j, 1000);
}

}  // namespace
}  // namespace clear_native
