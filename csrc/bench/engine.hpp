#pragma once
// A bundle loaded on the device that it is for, in the execution that was asked for.

#include <memory>
#include <string>

#include "bundle/plan_engine.hpp"

namespace clear_native::bench {

struct LoadedEngine {
  std::unique_ptr<bundle::PlanEngine> engine;
  std::string fell_back_because;  // empty: it is the execution that was asked for
};

/// `execution`: "graph", "eager", "compiled" (tells on stderr that code is loaded), or empty: graph on a GPU, and eager
/// where the forward cannot be captured. Throws Error: bad_input for a bundle that cannot be run here, no_driver,
/// capture_failed where a graph was asked for.
LoadedEngine load_engine(const std::string& path, const std::string& execution);

}  // namespace clear_native::bench
