#pragma once
// Components as a tree, by the dots in their names: `decoder.attention.q_proj` is part of `decoder.attention`.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record.hpp"

namespace clear_native::report {

/// A sum that lacks a part is absent. Half-widths of several parts are upper bounds: their errors are not independent.
struct Group {
  std::string name;
  std::vector<std::string> components;  // the leaves that it sums
  std::optional<double> energy_j;
  std::optional<double> energy_half_width_j;
  std::optional<double> time_s;
  std::optional<double> time_half_width_s;
  std::optional<double> share;
  std::optional<std::int64_t> flops;
  std::optional<std::int64_t> flops_dense;
  std::optional<std::int64_t> bytes;

  [[nodiscard]] std::optional<double> pj_per_flop() const;
};

/// Every node of the tree that sums several components, parents first.
std::vector<Group> groups_of(const std::vector<ComponentResult>& components);

}  // namespace clear_native::report
