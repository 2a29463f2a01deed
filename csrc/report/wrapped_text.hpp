#pragma once
// Text in lines of at most so many columns, as the Python package's terminal library (rich) folds it. Every code point
// counts as one column: what is wider (CJK) or narrower (combining marks) is folded elsewhere than there.

#include <cstddef>
#include <string>
#include <vector>

namespace clear_native::report {

/// Code points of UTF-8; a byte that is none counts as one.
std::size_t columns_of(const std::string& text);

/// Spaces that make the text so wide; none where it is.
std::string padding(std::size_t width, const std::string& text);

/// Breaks between words, and within a word that is wider than a line. White space at the end of lines is taken off.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

/// Without white space at its end.
std::string right_stripped(std::string text);

}  // namespace clear_native::report
