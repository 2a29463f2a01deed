#pragma once
// Targets as Python gives them: (name, role, workload).

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "core/rounds/rounds.hpp"
#include "core/windows/workload.hpp"

namespace clear_native::bindings {

using TargetTuple = std::tuple<std::string, std::string, std::shared_ptr<Workload>>;

/// The workloads are borrowed. Throws Error(bad_input) for an unknown role.
std::vector<Target> targets_from(const std::vector<TargetTuple>& tuples);

}  // namespace clear_native::bindings
