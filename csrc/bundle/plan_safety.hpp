#pragma once
// Which components cannot be dosed: running their calls twice or not at all must change nothing but the work done.

#include <map>
#include <string>
#include <vector>

#include "manifest.hpp"
#include "node_runner.hpp"
#include "plan.hpp"
#include "plan_calls.hpp"

namespace clear_native::bundle {

/// {number of a component: why}.
using Unsafe = std::map<std::size_t, std::string>;

/// Components whose calls write in place to what was there before the forward, or to values of another call; and those
/// whose values are written to.
Unsafe writers_in_place(const Manifest& manifest, const Plan& plan,
                        const std::vector<std::vector<std::size_t>>& written_values,
                        const std::vector<std::optional<std::size_t>>& memory_of_values);

/// Adds components with whose calls all doubled, or all skipped, the model gives other outputs or fails: they leave
/// something behind that is read later. Where components bear it alone but not together, all are added. Leaves the kept
/// values as the model has them.
void add_by_trial(NodeRunner& runner, const PlanCalls& calls, const Manifest& manifest, const Plan& plan,
                  const std::vector<CallAgain>& second, Unsafe& unsafe);

}  // namespace clear_native::bundle
