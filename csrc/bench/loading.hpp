#pragma once
// A bundle loaded to be run.

#include <memory>
#include <string>

#include "bundle/plan_engine.hpp"

namespace clear_native::bench {

/// `execution`: "graph", "eager", or empty, as the bundle's device does best. Throws Error(bad_input) for graphs on a
/// CPU, and what opening and loading throw.
std::unique_ptr<bundle::PlanEngine> load_engine(const std::string& path, const std::string& execution);

}  // namespace clear_native::bench
