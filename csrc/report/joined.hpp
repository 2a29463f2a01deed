#pragma once
// Texts in a row.

#include <string>
#include <vector>

namespace clear_native::report {

inline std::string joined(const std::vector<std::string>& texts, const std::string& between) {
  std::string all;
  for (const std::string& text : texts) all += (&text == texts.data() ? "" : between) + text;
  return all;
}

}  // namespace clear_native::report
