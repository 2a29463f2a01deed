#include "rapl_domains.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <system_error>

namespace clear_native {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> first_line(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line)) return std::nullopt;
  return line;
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;  // a folder that is not there or not to be listed has none
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::uint64_t range_uj(const fs::path& zone) {
  const std::optional<std::string> text = first_line(zone / "max_energy_range_uj");
  return text ? std::strtoull(text->c_str(), nullptr, 10) : 0;
}

bool is_there(const fs::path& file) {
  std::error_code error;
  return fs::exists(file, error) || error == std::errc::permission_denied;
}

/// Zones "intel-rapl:0" are packages, or "psys", the whole platform, which holds them; "intel-rapl:0:2" is part of
/// the first. "intel-rapl-mmio:0" is another way to read the register of intel-rapl:0.
std::vector<RaplDomain> of_powercap(const fs::path& folder) {
  static const std::regex top("intel-rapl:[0-9]+");
  static const std::regex part("(intel-rapl:[0-9]+):[0-9]+");
  std::vector<RaplDomain> domains;
  for (const fs::path& zone : entries(folder)) {
    const std::string entry = zone.filename().string();
    const std::string name = first_line(zone / "name").value_or("");
    const fs::path file = zone / "energy_uj";
    if (!is_there(file)) continue;
    std::smatch match;
    if (std::regex_match(entry, top) && name.rfind("package", 0) == 0) {
      domains.push_back({.name = name, .file = file.string(), .range_uj = range_uj(zone)});
    } else if (std::regex_match(entry, match, part) && name == "dram") {
      std::string path = first_line(folder / match[1].str() / "name").value_or(match[1].str());
      path.append("/").append(name);
      domains.push_back({.name = path, .file = file.string(), .range_uj = range_uj(zone)});
    }
  }
  return domains;
}

std::vector<RaplDomain> of_hwmon(const fs::path& folder) {
  static const std::regex label_file("(energy[0-9]+)_label");
  std::vector<RaplDomain> domains;
  for (const fs::path& device : entries(folder)) {
    if (first_line(device / "name") != "amd_energy") continue;
    for (const fs::path& path : entries(device)) {
      const std::string entry = path.filename().string();
      std::smatch match;
      if (!std::regex_match(entry, match, label_file)) continue;
      const std::string label = first_line(path).value_or("");
      if (label.rfind("Esocket", 0) != 0) continue;  // the others are single cores, which a socket holds
      domains.push_back({.name = label, .file = (device / (match[1].str() + "_input")).string()});
    }
  }
  return domains;
}

}  // namespace

std::string rapl_root() {
  const char* wanted = std::getenv("CLEAR_RAPL_ROOT");
  return wanted != nullptr && *wanted != '\0' ? wanted : "/sys/class";
}

std::vector<RaplDomain> find_rapl_domains(const std::string& root) {
  std::vector<RaplDomain> domains = of_powercap(fs::path(root) / "powercap");
  if (domains.empty()) domains = of_hwmon(fs::path(root) / "hwmon");
  std::sort(domains.begin(), domains.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return domains;
}

}  // namespace clear_native
