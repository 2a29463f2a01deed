#include "rapl_domains.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
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

bool is_number(std::string_view text) {
  const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// What stands between `before` and `after`; absent where the text does not begin and end so. By hand and not by
/// std::regex: opening these meters crashed beside torch 2.11, which may carry the regex of another standard library.
std::optional<std::string_view> between(std::string_view text, std::string_view before, std::string_view after) {
  const bool fits = text.size() >= before.size() + after.size();
  if (!fits || !text.starts_with(before) || !text.ends_with(after)) return std::nullopt;
  return text.substr(before.size(), text.size() - before.size() - after.size());
}

/// Zones "intel-rapl:0" are packages, or "psys", the whole platform, which holds them; "intel-rapl:0:2" is part of
/// the first. "intel-rapl-mmio:0" is another way to read the register of intel-rapl:0.
std::vector<RaplDomain> of_powercap(const fs::path& folder) {
  std::vector<RaplDomain> domains;
  for (const fs::path& zone : entries(folder)) {
    const std::string entry = zone.filename().string();
    const std::string name = first_line(zone / "name").value_or("");
    const fs::path file = zone / "energy_uj";
    if (!is_there(file)) continue;
    const std::string_view numbers = between(entry, "intel-rapl:", "").value_or("");
    const std::size_t colon = numbers.find(':');
    if (is_number(numbers) && name.rfind("package", 0) == 0) {
      domains.push_back({.name = name, .file = file.string(), .range_uj = range_uj(zone)});
    } else if (colon != std::string_view::npos && is_number(numbers.substr(0, colon)) &&
               is_number(numbers.substr(colon + 1)) && name == "dram") {
      const std::string whole = entry.substr(0, entry.rfind(':'));
      std::string path = first_line(folder / whole / "name").value_or(whole);
      path.append("/").append(name);
      domains.push_back({.name = path, .file = file.string(), .range_uj = range_uj(zone)});
    }
  }
  return domains;
}

std::vector<RaplDomain> of_hwmon(const fs::path& folder) {
  std::vector<RaplDomain> domains;
  for (const fs::path& device : entries(folder)) {
    if (first_line(device / "name") != "amd_energy") continue;
    for (const fs::path& path : entries(device)) {
      const std::string entry = path.filename().string();
      const std::optional<std::string_view> number = between(entry, "energy", "_label");
      if (!number || !is_number(*number)) continue;
      const std::string label = first_line(path).value_or("");
      if (label.rfind("Esocket", 0) != 0) continue;  // the others are single cores, which a socket holds
      domains.push_back({.name = label, .file = (device / ("energy" + std::string(*number) + "_input")).string()});
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
