#pragma once
// Names of files in a bundle: none of them may lead outside.

#include <filesystem>
#include <string>
#include <string_view>

namespace clear_native::bundle {

/// Throws Error(bad_input) for what is no plain name or relative path below the folder: absolute, "..", ".", empty
/// parts, a backslash, control characters, the manifest itself. `file` and `place` say where the name stands.
void check_file_name(std::string_view name, std::string_view file, std::string_view place);

/// The real path of `name` in `folder`, which is a canonical path. Throws Error(bad_input) where it is missing or a
/// link leads outside.
std::filesystem::path path_inside(const std::filesystem::path& folder, const std::string& name,
                                  const std::string& called);

}  // namespace clear_native::bundle
