#pragma once
// Files that the commands read and write.

#include <string>

namespace clear_native::bench {

/// Throws Error(bad_input) for a file that is not there or cannot be read.
std::string text_of_file(const std::string& path);

/// Before a measurement, so that it is not made in vain: makes the folder. `option`: "--json", for the message.
/// Throws Error(bad_input) for a folder, and for a place where this user may not write.
void check_can_be_written(const std::string& option, const std::string& path);

/// At once or not at all; what was there stays where it fails. Links stay, their file is written. What is there and is
/// no file (a pipe, a device), and what this process has open (/dev/stdout), is written on. Throws Error(bad_input).
void write_file(const std::string& path, const std::string& text);

}  // namespace clear_native::bench
