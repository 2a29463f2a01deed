#include "roles.hpp"

#include "core/errors.hpp"

namespace clear_native::bindings {
namespace {

TargetRole role_from(const std::string& role) {
  if (role == "plain") return TargetRole::plain;
  if (role == "preserved") return TargetRole::preserved;
  if (role == "component") return TargetRole::component;
  if (role == "doubled") return TargetRole::doubled;
  if (role == "idle") return TargetRole::idle;
  throw Error(ErrorKind::bad_input,
              "unknown role of a target: '" + role + "'; expected plain, preserved, component, doubled or idle");
}

}  // namespace

std::vector<Target> targets_from(const std::vector<TargetTuple>& tuples) {
  std::vector<Target> targets;
  targets.reserve(tuples.size());
  for (const auto& [name, role, workload] : tuples) {
    targets.push_back({.name = name, .role = role_from(role), .workload = workload.get()});
  }
  return targets;
}

}  // namespace clear_native::bindings
