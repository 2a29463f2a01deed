#pragma once
// Whether a bundle can be run here: its operators are those of one torch, its kernels those of one kind of device.

#include <optional>
#include <string>

#include "bundle.hpp"

namespace clear_native::bundle {

/// What there is to run it with.
struct RunnerFacts {
  std::string torch;                              // its version
  std::string device_type;                        // "cpu" or "cuda"
  std::optional<std::string> compute_capability;  // of cuda
};

/// Throws Error(bad_input) where they differ, with how to export again.
void check_compatible(const Bundle& bundle, const RunnerFacts& facts);

}  // namespace clear_native::bundle
