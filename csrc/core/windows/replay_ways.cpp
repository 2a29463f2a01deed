#include "replay_ways.hpp"

#include <algorithm>

#include "core/errors.hpp"

namespace clear_native {
namespace {

constexpr double min_launch_s = 2e-3;  // as of every replay: the odometer then counts no coarser than this
constexpr int max_passes = 512;
constexpr double look_s = 0.05;
constexpr int look_launches = 5;

}  // namespace

std::vector<DrivenWay> replay_ways(TaskRunner& runner, ReplayFactory& factory, const Watch& watch) {
  std::vector<DrivenWay> ways;
  ways.push_back({.way = "launch", .workload = factory.make(ReplayShape::chain, 1), .passes_per_launch = 1});
  const double pass_s = time_per_pass(runner, *ways.front().workload, look_s, look_launches, watch);
  // A single pass unrolled were the launch again.
  const int passes = std::max(2, passes_per_launch_for(pass_s, min_launch_s, max_passes));
  ways.push_back(
      {.way = "unrolled", .workload = factory.make(ReplayShape::chain, passes), .passes_per_launch = passes});
  if (!factory.supports(ReplayShape::while_loop)) return ways;
  try {
    ways.push_back(
        {.way = "while_loop", .workload = factory.make(ReplayShape::while_loop, passes), .passes_per_launch = passes});
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::device_lost || error.kind() == ErrorKind::interrupted) throw;
  }
  return ways;
}

}  // namespace clear_native
