#include "plug_in.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <system_error>

#include "compatibility.hpp"
#include "core/errors.hpp"

namespace clear_native::bundle {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHowToGetIt =
    "Build it with the torch that models were exported with: pip install clear_native in the environment of that "
    "torch, "
    "or set CLEAR_TORCH_RUNNER to the path of clear_torch_runner.so.";

[[noreturn]] void refuse_plug_in(const std::string& what) {
  throw Error(ErrorKind::bad_input, "To run a bundle, the plug-in with torch is needed: " + what + ". " + kHowToGetIt);
}

std::vector<fs::path> folders_in(const fs::path& folder, const std::string& prefix) {
  std::vector<fs::path> found;
  std::error_code failure;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
    if (entry->path().filename().string().starts_with(prefix)) found.push_back(entry->path());
  }
  return found;
}

}  // namespace

std::vector<fs::path> plug_in_places() {
  if (const char* named = std::getenv("CLEAR_TORCH_RUNNER"); named != nullptr && *named != '\0') return {named};
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure);
  if (failure) return {};
  std::vector<fs::path> places{program.parent_path() / kPlugInFile};
  for (const fs::path& library : folders_in(program.parent_path().parent_path(), "lib")) {
    for (const fs::path& python : folders_in(library, "python")) {
      places.push_back(python / "site-packages" / "clear_native" / kPlugInFile);
    }
  }
  return places;
}

const PlugIn& load_plug_in() {
  return load_plug_in(plug_in_places());
}

const PlugIn& load_plug_in(const std::vector<fs::path>& places) {
  std::string looked;
  for (const fs::path& place : places) {
    std::error_code failure;
    if (!fs::exists(place, failure)) {
      looked += (looked.empty() ? "" : ", ") + place.string();
      continue;
    }
    // All of its symbols now: a torch that is not the one it was built for shows here, not in the middle of a run.
    void* library = dlopen(fs::absolute(place).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* reason = dlerror();
      refuse_plug_in(place.string() + " cannot be loaded, perhaps since torch has changed after it was built (" +
                     (reason != nullptr ? reason : "no reason told") + ")");
    }
    const auto entry = reinterpret_cast<PlugInEntry>(dlsym(library, kPlugInEntry));
    if (entry == nullptr) refuse_plug_in(place.string() + " is another library");
    const PlugIn* found = entry();
    if (found->interface != kPlugInInterface) {
      refuse_plug_in(place.string() + " has interface " + std::to_string(found->interface) + ", this program expects " +
                     std::to_string(kPlugInInterface));
    }
    return *found;
  }
  refuse_plug_in("it is not at " + (looked.empty() ? "any place known" : looked));
}

const PlugIn& checked_plug_in(const Bundle& bundle, const RunnerOptions& options) {
  const PlugIn& plug_in = load_plug_in();
  check_compatible(bundle, {.torch = plug_in.torch,
                            .device_type = options.device.substr(0, options.device.find(':')),
                            .compute_capability = options.compute_capability});
  return plug_in;
}

}  // namespace clear_native::bundle
