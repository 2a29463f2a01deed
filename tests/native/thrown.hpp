#pragma once
// What a call throws, for tests of errors.

#include <optional>
#include <string>

#include "core/errors.hpp"

namespace clear_native::testing {

struct Thrown {
  std::optional<ErrorKind> kind;  // absent: nothing was thrown
  std::string message;
};

template <class Call>
Thrown thrown_by(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  return {};
}

}  // namespace clear_native::testing
