// clear-bench: measures without Python. What it does is in the commands; an error is one line on stderr.

#include <exception>
#include <iostream>
#include <string>

#include "arguments.hpp"
#include "core/errors.hpp"
#include "exit_codes.hpp"

namespace clear_native::bench {
namespace {

int failed(const std::string& message, int code) {
  std::string line = message;
  for (char& byte : line) {
    if (byte == '\n') byte = ' ';
  }
  std::cerr << "clear-bench: " << line << '\n';
  return code;
}

int run(int argc, const char* const* argv) {
  try {
    return command_of(argc, argv)();
  } catch (const Error& error) {
    return failed(error.what(), exit_code_of(error.kind()));
  } catch (const std::exception& error) {
    return failed(std::string("it failed unexpectedly: ") + error.what(), not_ok);
  }
}

}  // namespace
}  // namespace clear_native::bench

int main(int argc, char** argv) {
  return clear_native::bench::run(argc, argv);
}
