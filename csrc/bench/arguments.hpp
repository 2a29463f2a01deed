#pragma once
// The command line.

#include <functional>

namespace clear_native::bench {

/// The command that was asked for; running it returns the exit code. `--help` and `--version` are commands too.
/// Throws Error(bad_input), with one line that says what is wrong, for anything else.
std::function<int()> command_of(int argc, const char* const* argv);

}  // namespace clear_native::bench
