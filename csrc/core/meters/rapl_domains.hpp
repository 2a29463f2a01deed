#pragma once
// Where Linux offers the energy counters of processors (RAPL: running average power limit) as files.

#include <cstdint>
#include <string>
#include <vector>

namespace clear_native {

/// One register: a package, or the memory behind it. Domains within a package (core, uncore) are part of it.
struct RaplDomain {
  std::string name;            // "package-0", "package-0/dram", "Esocket0"
  std::string file;            // holds microjoules
  std::uint64_t range_uj = 0;  // starts again at 0 after so many; 0: counts in 64 bits
};

/// $CLEAR_RAPL_ROOT where that is set (tests), else /sys/class.
std::string rapl_root();

/// Packages and memories below `root`/powercap (intel-rapl, which the kernel calls it on AMD too), else the sockets of
/// `root`/hwmon's amd_energy; empty where there is neither. Sorted by name; each register once.
std::vector<RaplDomain> find_rapl_domains(const std::string& root);

}  // namespace clear_native
