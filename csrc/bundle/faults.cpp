#include "faults.hpp"

#include "core/errors.hpp"

namespace clear_native::bundle {
namespace {

constexpr std::string_view kExportAgain =
    "The bundle is damaged, or was made by another version of clear_native: export it again with "
    "clear_native.export(model, inputs, path).";
constexpr std::size_t kLongestQuote = 80;

}  // namespace

void refuse(std::string_view file, std::string_view place, std::string_view seen, std::string_view expected,
            std::string_view what_to_do) {
  std::string message(file);
  if (!place.empty()) message.append(": ").append(place);
  message.append(": got ").append(seen).append(", expected ").append(expected).append(". ").append(what_to_do);
  throw Error(ErrorKind::bad_input, message);
}

void refuse(std::string_view file, std::string_view place, std::string_view seen, std::string_view expected) {
  refuse(file, place, seen, expected, kExportAgain);
}

std::string in_quotes(std::string_view text) {
  std::string result = "'";
  for (const char letter : text.substr(0, kLongestQuote)) {
    const bool printable = letter >= ' ' && letter <= '~';
    result += printable ? letter : '?';
  }
  return result += text.size() > kLongestQuote ? "...'" : "'";
}

}  // namespace clear_native::bundle
