#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "core/meters/rapl_domains.hpp"
#include "fake_rapl.hpp"

namespace clear_native {
namespace {

class RaplDomainsTest : public testing::FakeRapl {
 protected:
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const RaplDomain& domain : find_rapl_domains(root.string())) found.push_back(domain.name);
    return found;
  }
  void socket(int number, const std::string& label) const {
    const std::string file = "energy" + std::to_string(number);
    put(root / "hwmon" / "hwmon3" / (file + "_label"), label);
    put(root / "hwmon" / "hwmon3" / (file + "_input"), "123");
  }
};

TEST_F(RaplDomainsTest, PackagesAndTheirMemoryEachOnce) {
  two_sockets();
  EXPECT_EQ(names(), (std::vector<std::string>{"package-0", "package-0/dram", "package-1", "package-1/dram"}));
  const RaplDomain first = find_rapl_domains(root.string()).front();
  EXPECT_EQ(first.file, (root / "powercap" / "intel-rapl:0" / "energy_uj").string());
  EXPECT_EQ(first.range_uj, 65'532'610'987U);
}

TEST_F(RaplDomainsTest, AnAmdProcessorInPowercap) {
  zone("intel-rapl:0", "package-0", 1);
  zone("intel-rapl:0:0", "core", 1);
  EXPECT_EQ(names(), std::vector<std::string>{"package-0"});
}

TEST_F(RaplDomainsTest, AnAmdProcessorInHwmonBySockets) {
  put(root / "hwmon" / "hwmon0" / "name", "nvme");
  put(root / "hwmon" / "hwmon3" / "name", "amd_energy");
  socket(1, "Ecore000");
  socket(2, "Ecore001");
  socket(3, "Esocket0");
  socket(4, "Esocket1");
  EXPECT_EQ(names(), (std::vector<std::string>{"Esocket0", "Esocket1"}));
  const RaplDomain first = find_rapl_domains(root.string()).front();
  EXPECT_EQ(first.file, (root / "hwmon" / "hwmon3" / "energy3_input").string());
  EXPECT_EQ(first.range_uj, 0U) << "counts in 64 bits";
  zone("intel-rapl:0", "package-0", 1);
  EXPECT_EQ(names(), std::vector<std::string>{"package-0"}) << "not the same energy twice";
}

TEST_F(RaplDomainsTest, NothingIsEmpty) {
  EXPECT_TRUE(names().empty());
  put(root / "powercap" / "intel-rapl:0" / "name", "package-0");  // as containers mask it: no counter in it
  EXPECT_TRUE(names().empty());
}

TEST_F(RaplDomainsTest, TheRootCanBeSet) {
  unsetenv("CLEAR_RAPL_ROOT");
  EXPECT_EQ(rapl_root(), "/sys/class");
  setenv("CLEAR_RAPL_ROOT", root.c_str(), 1);
  EXPECT_EQ(rapl_root(), root.string());
  unsetenv("CLEAR_RAPL_ROOT");
}

}  // namespace
}  // namespace clear_native
