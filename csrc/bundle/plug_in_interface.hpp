#pragma once
// What the plug-in with torch exports, and the program looks up.

#include <cstdint>

#include "bundle.hpp"
#include "compiled_model.hpp"
#include "node_runner.hpp"

namespace clear_native::bundle {

/// Counted up when anything here, in NodeRunner, GraphCapturer, CompiledModel or in what they are given changes.
inline constexpr std::uint32_t kPlugInInterface = 2;
inline constexpr const char* kPlugInEntry = "clear_torch_runner";
inline constexpr const char* kPlugInFile = "clear_torch_runner.so";

struct PlugIn {
  std::uint32_t interface = 0;  // first in every version
  const char* torch = nullptr;  // the version that it is built for and runs with
  /// A runner for the bundle on a device ("cpu", "cuda:0"), with so many threads. Borrows the bundle. Throws Error and
  /// nothing else.
  NodeRunner* (*make_runner)(const Bundle& bundle, const char* device, int threads) = nullptr;
  /// Loads the code at `path`. Likewise.
  CompiledModel* (*make_compiled)(const Bundle& bundle, const char* path, const char* device, int threads) = nullptr;
};

using PlugInEntry = const PlugIn* (*)();

}  // namespace clear_native::bundle
