#pragma once
// Exit codes, as those of clear-native.

#include "core/errors.hpp"

namespace clear_native::bench {

inline constexpr int done = 0;
inline constexpr int not_ok = 1;  // done, but a status is not ok, or it failed on the way
inline constexpr int bad_input = 2;
inline constexpr int no_sensor = 3;
inline constexpr int interrupted = 130;

inline int exit_code_of(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::bad_input:
      return bad_input;
    case ErrorKind::no_driver:
    case ErrorKind::sensor_unsupported:
    case ErrorKind::sensor_permission:
    case ErrorKind::mig_unsupported:
      return no_sensor;
    case ErrorKind::interrupted:
      return interrupted;
    default:
      return not_ok;
  }
}

}  // namespace clear_native::bench
