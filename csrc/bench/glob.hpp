#pragma once
// Names by a pattern of the shell.

#include <string>
#include <vector>

namespace clear_native::bench {

/// Whether one of the patterns matches; none at all match everything.
bool matches(const std::vector<std::string>& globs, const std::string& name);

}  // namespace clear_native::bench
