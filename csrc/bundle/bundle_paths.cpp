#include "bundle_paths.hpp"

#include <algorithm>
#include <system_error>

#include "faults.hpp"

namespace clear_native::bundle {
namespace {

constexpr std::size_t kLongestName = 255;

bool is_plain_part(std::string_view part) {
  const auto allowed = [](char letter) { return letter > ' ' && letter <= '~' && letter != '\\'; };
  return !part.empty() && part != "." && part != ".." && std::ranges::all_of(part, allowed);
}

bool is_plain(std::string_view name) {
  if (name.size() > kLongestName || name == "manifest.json") return false;
  while (true) {
    const std::size_t slash = name.find('/');
    if (!is_plain_part(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

void check_file_name(std::string_view name, std::string_view file, std::string_view place) {
  if (!is_plain(name)) refuse(file, place, in_quotes(name), "the name of a file inside the bundle");
}

std::filesystem::path path_inside(const std::filesystem::path& folder, const std::string& name,
                                  const std::string& called) {
  std::error_code failure;
  const auto real = std::filesystem::canonical(folder / name, failure);
  if (failure) refuse(called, "", failure.message() + " when looking for it", "a file of the bundle");
  const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), real.begin(), real.end());
  if (end != folder.end()) refuse(called, "", "a link to " + in_quotes(real.string()), "a file inside the bundle");
  return real;
}

}  // namespace clear_native::bundle
