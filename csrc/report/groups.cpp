#include "groups.hpp"

#include <algorithm>

namespace clear_native::report {
namespace {

using Members = std::vector<const ComponentResult*>;

template <typename Number, typename Field>
std::optional<Number> sum_of(const Members& members, Field field) {
  Number sum = 0;
  for (const ComponentResult* member : members) {
    const std::optional<Number>& part = member->*field;
    if (!part) return std::nullopt;
    sum += *part;
  }
  return sum;
}

Group sum_of(const std::string& name, const Members& members) {
  Group group{.name = name,
              .components = {},
              .energy_j = sum_of<double>(members, &ComponentResult::energy_j),
              .energy_half_width_j = sum_of<double>(members, &ComponentResult::energy_half_width_j),
              .time_s = sum_of<double>(members, &ComponentResult::time_s),
              .time_half_width_s = sum_of<double>(members, &ComponentResult::time_half_width_s),
              .share = sum_of<double>(members, &ComponentResult::share),
              .flops = sum_of<std::int64_t>(members, &ComponentResult::flops),
              .flops_dense = sum_of<std::int64_t>(members, &ComponentResult::flops_dense),
              .bytes = sum_of<std::int64_t>(members, &ComponentResult::bytes)};
  for (const ComponentResult* member : members) group.components.push_back(member->name);
  return group;
}

void append_below(const std::string& prefix, const Members& members, std::vector<Group>& found) {
  std::vector<std::pair<std::string, Members>> heads;  // in the order of their first member
  for (const ComponentResult* member : members) {
    const std::string head = member->name.substr(0, member->name.find('.', prefix.size()));
    const auto at =
        std::find_if(heads.begin(), heads.end(), [&head](const auto& known) { return known.first == head; });
    if (at == heads.end()) {
      heads.push_back({head, {member}});
    } else {
      at->second.push_back(member);
    }
  }
  for (const auto& [head, inside] : heads) {
    if (inside.size() > 1) found.push_back(sum_of(head, inside));
    Members below;
    std::copy_if(inside.begin(), inside.end(), std::back_inserter(below),
                 [&head = head](const ComponentResult* member) { return member->name != head; });
    append_below(head + ".", below, found);
  }
}

}  // namespace

std::optional<double> Group::pj_per_flop() const {
  ModelResult sum;
  sum.energy_j = energy_j;
  sum.flops = flops;
  return sum.pj_per_flop();
}

std::vector<Group> groups_of(const std::vector<ComponentResult>& components) {
  Members members;
  members.reserve(components.size());
  for (const ComponentResult& component : components) members.push_back(&component);
  std::vector<Group> found;
  append_below("", members, found);
  return found;
}

}  // namespace clear_native::report
