#pragma once
// Finds and loads the plug-in with torch.

#include <filesystem>
#include <vector>

#include "plan_engine.hpp"
#include "plug_in_interface.hpp"

namespace clear_native::bundle {

/// Where it is looked for, in this order: $CLEAR_TORCH_RUNNER alone where that is set; else beside the program, and in
/// the packages of the environment that the program is installed in (../lib*/python*/site-packages/clear_native).
std::vector<std::filesystem::path> plug_in_places();

/// Loads the first that is there and keeps it for the life of the program. Throws Error(bad_input): none is there, it
/// cannot be loaded, or is of another interface; each with how to get one.
const PlugIn& load_plug_in();
const PlugIn& load_plug_in(const std::vector<std::filesystem::path>& places);

/// The plug-in, where it can run the bundle on the device; else throws as check_compatible() does.
const PlugIn& checked_plug_in(const Bundle& bundle, const RunnerOptions& options);

}  // namespace clear_native::bundle
