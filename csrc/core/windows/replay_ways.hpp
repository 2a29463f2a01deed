#pragma once
// One replay driven in every way: what a launch per pass costs, and what is left when passes are unrolled or looped.

#include <memory>
#include <string>
#include <vector>

#include "calibrate.hpp"

namespace clear_native {

/// A workload, and how it is driven.
struct DrivenWay {
  std::string way;  // "eager_loop", "launch", "unrolled", "while_loop"
  std::unique_ptr<Workload> workload;
  int passes_per_launch = 1;
};

/// A launch for every pass; so many passes in a launch that it takes 2 ms, unrolled, and as a WHILE node where the
/// factory has them. A shape that the driver refuses is left out. Throws what making and timing a replay throws.
std::vector<DrivenWay> replay_ways(TaskRunner& runner, ReplayFactory& factory, const Watch& watch);

}  // namespace clear_native
