#pragma once
// Exceptions of torch end here: whoever loads the plug-in sees Error alone.

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <string>

#include "core/errors.hpp"

namespace clear_native::torch_runner {

/// Calls; what torch throws becomes Error(`kind`), or device_out_of_memory. `told()` is put in front of the reason.
template <class Call, class Told>
auto translated(ErrorKind kind, Call call, Told told) {
  try {
    return call();
  } catch (const Error&) {
    throw;
  } catch (const c10::OutOfMemoryError& error) {
    throw Error(ErrorKind::device_out_of_memory, told() + error.what_without_backtrace());
  } catch (const c10::Error& error) {
    const std::string reason = error.what_without_backtrace();
    const bool no_memory = reason.find("can't allocate memory") != std::string::npos;  // as torch tells it for a CPU
    throw Error(no_memory ? ErrorKind::device_out_of_memory : kind, told() + reason);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::device_out_of_memory, told() + "no memory is left");
  } catch (const std::exception& error) {
    throw Error(kind, told() + error.what());
  }
}

}  // namespace clear_native::torch_runner
