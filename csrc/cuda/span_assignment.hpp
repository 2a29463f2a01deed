#pragma once
// Which nodes of a captured graph belong to which module call.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "topological_order.hpp"

namespace clear_native::cuda {

/// One module call: where the capture stood when it was entered and when it was left, as nodes of a Dag.
struct FrontierPair {
  std::string label;
  std::optional<std::size_t> parent;  // an earlier one in the list
  std::vector<std::size_t> entry;
  std::vector<std::size_t> exit;
};

/// Ancestors-or-self of `exit` that are not ancestors-or-self of `entry`, in ascending order. The Dag's numbers must be
/// a topological order. Absent where `exit` does not follow `entry`.
std::optional<std::vector<std::size_t>> nodes_between(const Dag& dag, const std::vector<std::size_t>& entry,
                                                      const std::vector<std::size_t>& exit);

/// For every node the innermost span that holds it, absent for none. Among spans of one depth the first in the list
/// keeps what several claim (work on a side stream that a later call joins). Throws Error(bad_input) for a parent that
/// is not earlier, and for an exit that does not follow its entry.
std::vector<std::optional<std::size_t>> innermost_spans(const Dag& dag, const std::vector<FrontierPair>& spans);

}  // namespace clear_native::cuda
