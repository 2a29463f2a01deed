#pragma once
// How faults of a bundle are told: the file, the place in it, what was seen, what was expected, what to do.

#include <string>
#include <string_view>

namespace clear_native::bundle {

/// Throws Error(bad_input): "bert.clear/plan.json: nodes[3].op: got 'x', expected y. <what to do>". `place` may be
/// empty: the whole file.
[[noreturn]] void refuse(std::string_view file, std::string_view place, std::string_view seen,
                         std::string_view expected);

/// The same with another way out than exporting again.
[[noreturn]] void refuse(std::string_view file, std::string_view place, std::string_view seen,
                         std::string_view expected, std::string_view what_to_do);

/// Text from outside as it may stand in a message: printable, and no longer than a line.
std::string in_quotes(std::string_view text);

}  // namespace clear_native::bundle
