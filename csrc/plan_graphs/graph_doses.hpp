#pragma once
// In situ on a model graph: references, and chains of calls of which some run twice or not at all.

#include "bundle/plan_engine.hpp"
#include "component_calls.hpp"
#include "dose_trials.hpp"

namespace clear_native::plan_graphs {

/// The captures of one bundle, and what is known of them.
struct Captures {
  const bundle::Bundle& bundle;
  std::uintptr_t stream = 0;
  std::vector<bundle::DeviceRange> given_memory = {};
  std::vector<bundle::Mutation> mutations = {};
  std::string all_kept_because = {};  // empty: memory is shared where it may be
  CapturedModel preserved = {};
  CapturedModel plain = {};
  std::vector<ComponentCall> calls = {};  // of the preserved one
  std::vector<std::size_t> kinds = {};
};

/// `cold` absent: cold where the weights have left the L2 when they are needed again. Where no doses find room, the
/// layout is empty, and why is told.
bundle::InSitu graph_in_situ(const Captures& captures, std::optional<bool> cold);

/// Bytes of the distinct memory in ranges that may overlap.
std::size_t covered_bytes(const std::vector<bundle::DeviceRange>& one, const std::vector<bundle::DeviceRange>& other);

}  // namespace clear_native::plan_graphs
