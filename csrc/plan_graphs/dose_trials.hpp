#pragma once
// Which components of a model graph can be dosed: each is doubled and skipped once, and what must stay is looked at.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "bundle/plan_memory.hpp"
#include "component_calls.hpp"
#include "cuda/dosed_replays.hpp"

namespace clear_native::plan_graphs {

struct DoseTrials {
  std::map<std::size_t, std::string> unsafe;  // component of the manifest: why it cannot be dosed
  std::size_t unjudged_buffers = 0;
};

/// Watches what no dose may change: kept buffers and what was there before the forward. Tells `dosed` whether a pass
/// must restore what others change: a change that the next pass undoes, as of a residual that is added to in place, is
/// no drift and is allowed as long as no value overflows. A component that changes what it updates in place for good
/// is unsafe, and so is one that moves a state on with every pass.
DoseTrials tried_doses(cuda::DosedReplays& dosed, const CapturedModel& model, const std::vector<ComponentCall>& calls,
                       const std::vector<std::size_t>& components, const bundle::Plan& plan,
                       const std::vector<bundle::Mutation>& mutations,
                       const std::vector<bundle::DeviceRange>& given_memory);

}  // namespace clear_native::plan_graphs
