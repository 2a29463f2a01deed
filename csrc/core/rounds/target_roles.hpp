#pragma once
// What a target is to the others.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace clear_native {

enum class TargetRole {
  plain,      // the whole model as captured without keeping buffers
  preserved,  // the whole model with all buffers kept: the reference of the closure
  component,  // part of the preserved model, replayed by itself
  doubled,    // the preserved model with every call twice: is that twice the energy?
  dosed,      // the preserved model with some calls twice and some skipped
  idle,       // context alive, nothing running: passes are seconds
};

struct TargetInfo {
  std::string name;
  TargetRole role = TargetRole::component;
};

/// The first target of this role.
std::optional<std::size_t> find_role(const std::vector<TargetInfo>& targets, TargetRole role);

/// The whole that components are parts of: the preserved model, else the plain one.
std::optional<std::size_t> find_model(const std::vector<TargetInfo>& targets);

}  // namespace clear_native
