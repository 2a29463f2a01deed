#pragma once
// What a thread that keeps a sensor read could not read, told to the next who asks. The meter's mutex guards it.

#include <optional>

#include "core/errors.hpp"

namespace clear_native {

class KeptFault {
 public:
  /// Reads unless a fault waits to be told; never throws an Error.
  template <typename Read>
  void keep_from(Read read) {
    if (fault_) return;
    try {
      read();
    } catch (const Error& error) {
      fault_ = error;
    }
  }

  /// Throws the fault that was kept, once.
  void tell() {
    if (!fault_) return;
    const Error fault = *fault_;
    fault_.reset();
    throw fault;
  }

  explicit operator bool() const { return fault_.has_value(); }

 private:
  std::optional<Error> fault_;
};

}  // namespace clear_native
