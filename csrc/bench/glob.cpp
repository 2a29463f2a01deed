#include "glob.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace clear_native::bench {

bool matches(const std::vector<std::string>& globs, const std::string& name) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(), [&name](const std::string& glob) {
           return fnmatch(glob.c_str(), name.c_str(), 0) == 0;
         });
}

}  // namespace clear_native::bench
