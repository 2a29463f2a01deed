#pragma once
// A folder like /sys/class with the energy counters of a processor, as the environment of one test.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace clear_native::testing {

class FakeRapl : public ::testing::Test {
 protected:
  FakeRapl() {
    std::string pattern = ::testing::TempDir() + "fake_rapl_XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    root = pattern;
  }
  ~FakeRapl() override { std::filesystem::remove_all(root); }

  static void put(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }

  void zone(const std::string& entry, const std::string& name, std::uint64_t energy_uj,
            std::uint64_t range_uj = 65'532'610'987) const {
    put(root / "powercap" / entry / "name", name);
    put(root / "powercap" / entry / "max_energy_range_uj", std::to_string(range_uj));
    set(entry, energy_uj);
  }
  /// In place and always as long, as a register changes: whoever has it open never sees half a number.
  void set(const std::string& entry, std::uint64_t energy_uj) const {
    const std::filesystem::path file = root / "powercap" / entry / "energy_uj";
    std::string digits = std::to_string(energy_uj);
    digits.insert(0, 20 - digits.size(), '0');
    if (!std::filesystem::exists(file)) put(file, digits);
    std::fstream(file, std::ios::in | std::ios::out) << digits;
  }

  /// Two sockets with memory, and what must not be added to them.
  void two_sockets() const {
    zone("intel-rapl:0", "package-0", 1'000'000);
    zone("intel-rapl:0:0", "core", 400'000);
    zone("intel-rapl:0:1", "dram", 50'000, 65'712'999'613);
    zone("intel-rapl:1", "package-1", 2'000'000);
    zone("intel-rapl:1:0", "dram", 60'000, 65'712'999'613);
    zone("intel-rapl:2", "psys", 9'000'000);
    zone("intel-rapl-mmio:0", "package-0", 1'000'000);
    put(root / "powercap" / "intel-rapl" / "enabled", "1");
  }

  std::filesystem::path root;
};

}  // namespace clear_native::testing
