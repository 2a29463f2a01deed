#include "target_roles.hpp"

namespace clear_native {

std::optional<std::size_t> find_role(const std::vector<TargetInfo>& targets, TargetRole role) {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].role == role) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> find_model(const std::vector<TargetInfo>& targets) {
  const std::optional<std::size_t> preserved = find_role(targets, TargetRole::preserved);
  return preserved ? preserved : find_role(targets, TargetRole::plain);
}

}  // namespace clear_native
