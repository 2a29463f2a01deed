#pragma once
// Which values of a plan only one stretch of it uses, and which cross from one to another.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "graph_capturer.hpp"
#include "manifest.hpp"
#include "plan.hpp"

namespace clear_native::bundle {

/// By value, as NodeRunner::memory_of_values() tells it: equal numbers lie in the same memory.
using MemoryOfValues = std::vector<std::optional<std::size_t>>;

/// Neighbouring nodes of one component are a stretch: the number of its stretch, by node.
std::vector<std::size_t> stretch_of_nodes(const Manifest& manifest, const Plan& plan);

/// As the model runs: each value is let go after the last node that reads it; outputs stay.
CaptureRequest as_the_model(const Plan& plan);

/// All that is read in another stretch than it was made in stays, and has its memory alone. What is made and used in
/// one stretch lies in memory that all stretches share, so that any of them can run again or be left out.
CaptureRequest keeping_what_crosses(const Manifest& manifest, const Plan& plan, const MemoryOfValues& memory);

/// Everything stays.
CaptureRequest keeping_all(const Plan& plan);

/// Bytes of the constants that the plan reads whole: not those that it only looks rows up in (embeddings).
std::size_t bytes_of_weights(const Plan& plan, const std::vector<std::size_t>& bytes_of_constants);

/// An operator that writes in place to what another component made, or to what was there before the forward.
struct Mutation {
  std::size_t node = 0;
  std::size_t writer = 0;            // a component
  std::optional<std::size_t> owner;  // absent: it was there before
};
std::vector<Mutation> mutations(const Manifest& manifest, const Plan& plan,
                                const std::vector<std::vector<std::size_t>>& written_values,
                                const MemoryOfValues& memory);

}  // namespace clear_native::bundle
