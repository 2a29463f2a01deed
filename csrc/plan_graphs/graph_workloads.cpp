#include "graph_workloads.hpp"

#include <utility>

#include "core/windows/calibrate.hpp"
#include "cuda/replay_factory.hpp"

namespace clear_native::plan_graphs {
namespace {

constexpr double kMinLaunchS = 2e-3;
constexpr int kMostPasses = 4096;

}  // namespace

bundle::MadeWorkload calibrated_replay(std::uintptr_t stream, cuda::Parts parts) {
  cuda::GraphReplayFactory factory(stream, std::move(parts));
  ThreadedRunner runner;
  CalibratedReplay found = calibrate(runner, factory, kMinLaunchS, kMostPasses, {});
  return {.workload = std::move(found.workload),
          .passes_per_launch = found.chosen.passes_per_launch,
          .time_per_pass_s = found.chosen.time_per_pass_s,
          .shape = found.chosen.shape == ReplayShape::chain ? "chain" : "while_loop"};
}

bundle::MadeWorkload chained_replay(std::uintptr_t stream, cuda::Parts parts, int passes_per_launch) {
  cuda::ReplayOptions options;
  options.passes_per_launch = passes_per_launch;
  auto replay = cuda::Replay::create(stream, std::move(parts), std::move(options));
  const int passes = static_cast<int>(replay->passes_per_launch());
  const double time_s = replay->time_per_pass_s().value_or(0);
  return {.workload = std::move(replay), .passes_per_launch = passes, .time_per_pass_s = time_s, .shape = "chain"};
}

double time_per_pass_of(std::uintptr_t stream, cuda::Parts parts) {
  const auto replay = cuda::Replay::create(stream, std::move(parts));
  ThreadedRunner runner;
  return time_per_pass(runner, *replay, 0.02, 3, {});
}

}  // namespace clear_native::plan_graphs
